"""`pierone`: the command line of a registry with immutable tags."""

import sys
from importlib.metadata import version

import click

from pierone_cli.commands import completion, contents, cves, describe, events, images, lists, login, scm_source, whoami
from pierone_cli.errors import is_debugging, printable, show_origin
from pierone_cli.group import SETTINGS, PrefixGroup


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls
    if value and not context.resilient_parsing:
        click.echo(f"Pier One CLI {version('pierone')}")
        context.exit()


@click.group(cls=PrefixGroup, context_settings=SETTINGS)
@click.option("--debug", is_flag=True, help="Show where in the code an error arose.")
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def cli(*, debug: bool) -> None:
    """Docker images that cannot change: log in, list teams, artifacts and tags, and look into images.

    A command may be shortened as long as it is clear which one is meant.
    """


for _command in (
    login.login,
    lists.teams,
    lists.artifacts,
    lists.tags,
    lists.latest,
    scm_source.scm_source,
    images.image,
    images.resolve,
    images.exists,
    describe.describe,
    contents.inspect_contents,
    events.events,
    whoami.whoami,
    cves.cves,
    completion.completion,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; exits with 0, with 1 for an error, with 2 for a wrong use."""
    try:
        cli.main(prog_name="pierone")
    except Exception as error:  # noqa: BLE001 - whatever it is, one line has to do
        if is_debugging():
            show_origin(error)
        name = type(error).__name__
        reason = printable(f"Error: {name}: {error}")
        click.echo(f"{reason}; run it again as `pierone --debug ...` and report what that prints", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
