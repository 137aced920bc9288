"""`login`: let container clients use the token of whoever is here."""

import shutil
from contextlib import closing
from dataclasses import dataclass

import click

from pierone_cli.address import Address
from pierone_cli.configuration import read_configuration
from pierone_cli.credential import Credential
from pierone_cli.docker_config import docker_config_file, use_helper, use_secret
from pierone_cli.errors import ClientError, NoCredential, Refused
from pierone_cli.group import choose_address, token_option, url_option
from pierone_cli.logins import remember
from pierone_cli.output import say
from pierone_cli.tokens.kept import Kept
from pierone_cli.tokens.service import service_credential, source_of_environment
from pierone_cli.tokens.sources import WRITE, current, given_credential, kept_credentials

_PROGRAM = "docker-credential-pierone"
_HOW_TO_GET_ONE = (
    "no token for {host}: give --token, or set OAUTH2_ACCESS_TOKEN_URL and CREDENTIALS_DIR for a service user, "
    "or PIERONE_OAUTH2_ISSUER to log in with a browser"
)


@dataclass(frozen=True, slots=True)
class _Login:
    """A credential, and what is to be kept of it: nothing where the environment or an earlier login has it."""

    credential: Credential
    new: Kept | None


@click.command()
@url_option
@token_option
@click.option("--plain", is_flag=True, help="Write the token itself into config.json, for machines without the helper.")
@click.option("--device", is_flag=True, help="Log in anew, with a browser on any machine, by a code.")
def login(*, url: str | None, token: str | None, plain: bool, device: bool) -> None:
    """Let docker, podman, buildah and skopeo use your token.

    Clients ask the helper docker-credential-pierone for the token each time, so a new one is used as soon as it is
    needed. With --plain the token is written into config.json, and serves until it expires.
    """
    if not plain and shutil.which(_PROGRAM) is None:
        raise ClientError(f"{_PROGRAM} is not on your PATH; add the directory where pip put it, or use --plain")
    if not plain and (token is not None or device):
        _refuse_what_would_not_be_used()
    address = choose_address(url)
    found = _find(address, token, device=device)
    if found is None:
        remember(address)
        say(f"{address.host} lets everybody in; there is nothing to configure.")
        return
    _check(address, found.credential)
    if found.new:
        kept_credentials().keep(address.host, found.new)
    _write(address, found.credential, plain=plain)
    remember(address)
    say(f"Authentication configured for {address.url}, you don't need to run pierone login anymore!")


def _refuse_what_would_not_be_used() -> None:
    # The helper gives tokens of the environment first: pushes would be made by another identity than was checked here.
    source = source_of_environment()
    if source:
        raise ClientError(
            f"clients would get the token of {source}, which wins over a login; unset it, or use --plain to write this "
            "token into config.json"
        )


def _write(address: Address, credential: Credential, *, plain: bool) -> None:
    file = docker_config_file()
    if plain:
        use_secret(file, credential, address.host)
    else:
        use_helper(file, address.host)
    say(f"Storing Docker client configuration in {file}.. OK")


def _find(address: Address, token: str | None, *, device: bool) -> _Login | None:
    """A credential, if need be from a person; None where none is needed. Raises `ClientError`."""
    given = given_credential(token)
    if given:
        return _Login(given, Kept(secret=given.secret))
    known = None if device else service_credential(WRITE) or _earlier_login(address)
    if known:
        return _Login(known, None)
    if read_configuration().oauth2_issuer:
        from pierone_cli.tokens.people import ask_a_person  # noqa: PLC0415 - `--help` need not wait for it

        kept = ask_a_person(device=device)
        return _Login(kept.credential, kept)
    if _takes(address, None):
        return None
    raise NoCredential(_HOW_TO_GET_ONE.format(host=address.host))


def _earlier_login(address: Address) -> Credential | None:
    """What an earlier login has left, if it still serves."""
    try:
        kept = current(address.host)
    except NoCredential:
        return None
    return kept.credential if kept and _takes(address, kept.credential) else None


def _takes(address: Address, credential: Credential | None) -> bool:
    try:
        _check(address, credential)
    except Refused:
        return False
    return True


def _check(address: Address, credential: Credential | None) -> None:
    """Show the credential to the registry once, so that a wrong one is found out now; raises `Refused`."""
    from pierone_cli.registry import Registry  # noqa: PLC0415 - `--help` need not wait for an HTTP client

    with closing(Registry(address, credential)) as registry:
        registry.get("/v2/")
