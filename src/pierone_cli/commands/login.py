"""`login`: let container clients use the token of whoever is here."""

import os
import shutil
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from pierone_cli.address import Address
from pierone_cli.configuration import read_configuration
from pierone_cli.credential import Credential
from pierone_cli.docker_config import docker_config_file, use_helper, use_secret
from pierone_cli.errors import ClientError, NoCredential, Refused
from pierone_cli.group import choose_address, token_option, url_option
from pierone_cli.output import say
from pierone_cli.tokens.kept import Kept
from pierone_cli.tokens.sources import WRITE, find_credential, given_credential, kept_credentials

if TYPE_CHECKING:
    from pierone_cli.tokens.authorization_server import AuthorizationServer

_PROGRAM = "docker-credential-pierone"
_HOW_TO_GET_ONE = (
    "no token for {host}: give --token, or set OAUTH2_ACCESS_TOKEN_URL and CREDENTIALS_DIR for a service user, "
    "or PIERONE_OAUTH2_ISSUER to log in with a browser"
)


@click.command()
@url_option
@token_option
@click.option("--plain", is_flag=True, help="Write the token itself into config.json, for machines without the helper.")
@click.option("--device", is_flag=True, help="Show a code to enter in a browser on any machine.")
def login(*, url: str | None, token: str | None, plain: bool, device: bool) -> None:
    """Let docker, podman, buildah and skopeo use your token.

    Clients ask the helper docker-credential-pierone for the token each time, so a new one is used as soon as it is
    needed. With --plain the token is written into config.json, and ends there when it ends.
    """
    if not plain and shutil.which(_PROGRAM) is None:
        raise ClientError(f"{_PROGRAM} is not on your PATH; add the directory where pip put it, or use --plain")
    address = choose_address(url)
    given = given_credential(token)
    credential = given or _find(address, device=device)
    if credential is None:
        say(f"{address.host} lets everybody in; there is nothing to configure.")
        return
    _check(address, credential)
    if given:
        kept_credentials().keep(address.host, Kept(secret=given.secret))
    _write(address, credential, plain=plain)
    say(f"Authentication configured for {address.url}, you don't need to run pierone login anymore!")


def _write(address: Address, credential: Credential, *, plain: bool) -> None:
    file = docker_config_file()
    if plain:
        use_secret(file, credential, address.host)
    else:
        use_helper(file, address.host)
    say(f"Storing Docker client configuration in {file}.. OK")


def _find(address: Address, *, device: bool) -> Credential | None:
    """A credential, if need be from a person; None where none is needed. Raises `ClientError`."""
    try:
        found = None if device else find_credential(address.host, WRITE)
    except NoCredential:
        found = None  # a login that has ended is what this command is for
    if found is not None:
        return found
    if read_configuration().oauth2_issuer:
        return _log_in(address.host, device=device)
    if _lets_everybody_in(address):
        return None
    raise NoCredential(_HOW_TO_GET_ONE.format(host=address.host))


def _log_in(host: str, *, device: bool) -> Credential:
    from pierone_cli.tokens.authorization_server import AuthorizationServer  # noqa: PLC0415 - only people need it
    from pierone_cli.web import Web  # noqa: PLC0415 - the same

    with Web() as web:
        kept = _ask_a_person(AuthorizationServer(read_configuration(), web), device=device)
    kept_credentials().keep(host, kept)
    return kept.credential


def _ask_a_person(server: "AuthorizationServer", *, device: bool) -> Kept:
    from pierone_cli.tokens.browser import log_in_with_a_browser  # noqa: PLC0415 - only people need it
    from pierone_cli.tokens.device import log_in_on_a_device  # noqa: PLC0415 - the same

    can_use_devices = server.supports("device_authorization_endpoint")
    if device or (can_use_devices and not _has_browser()):
        return log_in_on_a_device(server)
    return log_in_with_a_browser(server)


def _has_browser() -> bool:
    on_a_desktop = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return bool(os.environ.get("BROWSER")) or (on_a_desktop and not os.environ.get("SSH_CONNECTION"))


def _lets_everybody_in(address: Address) -> bool:
    try:
        _check(address, None)
    except Refused:
        return False
    return True


def _check(address: Address, credential: Credential | None) -> None:
    """Show the credential to the registry once, so that a wrong one is found out now; raises `Refused`."""
    from pierone_cli.registry import Registry  # noqa: PLC0415 - `--help` need not wait for an HTTP client

    with closing(Registry(address, credential)) as registry:
        registry.get("/v2/")
