"""What every command has: prefixes of its name, `-h`, and the options that choose a registry and a form of output."""

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from pierone_cli.address import Address, parse_address
from pierone_cli.configuration import keep_url, read_configuration
from pierone_cli.errors import ClientError
from pierone_cli.logins import is_known, registries
from pierone_cli.output import FORMATS, say
from pierone_cli.tokens.sources import READ, find_credential, given_credential

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

SETTINGS = {"help_option_names": ["-h", "--help"]}
Rest = ParamSpec("Rest")

output_option = click.option(
    "-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="Form of the output."
)
url_option = click.option(
    "--url", metavar="URI", help="The registry; wins over PIERONE_URL and the configuration file."
)
token_option = click.option(
    "--token", metavar="TOKEN", help="Access token to use; - reads it from standard input, where `ps` does not show it."
)


class PrefixGroup(click.Group):
    """A group whose commands may be shortened as long as it is clear which one is meant."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name or by a beginning of it."""
        exact = super().get_command(ctx, cmd_name)
        if exact is not None:
            return exact
        matches = [name for name in self.list_commands(ctx) if name.startswith(cmd_name)]
        if len(matches) > 1:
            ctx.fail(f"{cmd_name!r} may be any of {', '.join(matches)}; write more of it")
        return super().get_command(ctx, matches[0]) if matches else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Give the command its whole name, which messages show."""
        _, command, rest = super().resolve_command(ctx, args)
        return command.name if command else None, command, rest


def with_registry(command: Callable[Concatenate["Registry", Rest], None]) -> Callable[..., None]:
    """Options --url and --token; the command gets the registry that they choose as its first argument."""

    @url_option
    @token_option
    @functools.wraps(command)
    def opened(url: str | None, token: str | None, *arguments: Rest.args, **options: Rest.kwargs) -> None:
        command(open_registry(url, token), *arguments, **options)

    return opened


def open_registry(url: str | None, token: str | None, *, written: str = "") -> "Registry":
    """The registry that a command talks to; `written` is one that stands before an image. Raises `ClientError`."""
    from pierone_cli.registry import Registry  # noqa: PLC0415 - `--help` need not wait for an HTTP client

    address = choose_address(written or url)
    credential = given_credential(token)
    if credential is None and _may_see_tokens(address.host, url, written):
        credential = find_credential(address.host, READ)
    registry = Registry(address, credential)
    click.get_current_context().call_on_close(registry.close)
    return registry


def _may_see_tokens(host: str, url: str | None, written: str) -> bool:
    """A name of an image may come from anybody; it does not send a token to wherever it says."""
    if not written or is_known(host) or (url and parse_address(url).host == host):
        return True
    say(f"nobody logged in to {host}, so it is asked without a token; `pierone login --url {host}` changes that")
    return False


def choose_address(url: str | None) -> Address:
    """`--url`, else what is configured, else the one registry of `pierone login`, else whatever a person answers.

    Raises `ClientError`.
    """
    chosen = url or read_configuration().url or _only_login()
    if chosen:
        return parse_address(chosen)
    if not _is_terminal():
        raise ClientError("which registry? Use --url, or set PIERONE_URL, or `url` in pierone.yaml")
    return _ask()


def _only_login() -> str:
    urls = list(registries().values())
    return urls[0] if len(urls) == 1 else ""


def _ask() -> Address:
    from pierone_cli.web import Web  # noqa: PLC0415 - `--help` need not wait for an HTTP client

    while True:
        answer = click.prompt("Please enter the Pier One URL", err=True)
        try:
            address = parse_address(answer)
            with Web() as web:
                web.send("GET", f"{address.url}/v2/")  # any answer will do
        except ClientError as error:
            say(error.format_message())
        else:
            say(f"The URL is kept in {keep_url(address.url)}")
            return address


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
