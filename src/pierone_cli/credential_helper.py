"""`docker-credential-pierone`: gives container clients the credential of a registry.

The protocol is that of docker-credential-helpers: the action is the argument, everything else comes on standard input,
and an error is a sentence on standard output with exit code 1. Nobody is asked anything here.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version

import click

from pierone_cli.address import host_of, parse_address
from pierone_cli.configuration import read_configuration
from pierone_cli.credential import TOKEN_USER
from pierone_cli.docker_config import docker_config_file, hosts_with_helper
from pierone_cli.errors import ClientError, NoCredential, printable
from pierone_cli.logins import forget, is_known
from pierone_cli.tokens.kept import Kept
from pierone_cli.tokens.sources import WRITE, find_credential, kept_credentials

_NAME = "docker-credential-pierone"
# Clients compare these sentences, and go on as nobody in particular after the first.
_NOT_FOUND = "credentials not found in native keychain"
_NO_SERVER = "no credentials server URL"
_NO_USER = "no credentials username"


def main() -> None:
    """Run one action of the protocol."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its action
        sys.exit(_fail(_usage()))
    try:
        _run(sys.argv[1])
    except ClientError as error:
        sys.exit(_fail(error.format_message()))
    except Exception as error:  # noqa: BLE001 - a client shows what is on standard output and nothing else
        sys.exit(_fail(printable(f"{_NAME}: {type(error).__name__}: {error}")))


def _run(action: str) -> None:
    if action in ("-h", "--help"):
        click.echo(_usage())
    elif action in ("version", "-v", "--version"):
        click.echo(f"{_NAME} (pierone) {version('pierone')}")
    elif action in ACTIONS:
        ACTIONS[action]()
    else:
        raise ClientError(f"{_NAME}: unknown action: {action}")


def _get() -> None:
    server_url = sys.stdin.read().strip()
    host = _host(server_url)
    # Whoever made us the helper of all registries must not send our token to all of them.
    credential = find_credential(host, WRITE) if is_known(host) else None
    if credential is None:
        raise NoCredential(_NOT_FOUND)
    click.echo(json.dumps({"ServerURL": server_url, "Username": credential.user, "Secret": credential.secret}))


def _store() -> None:
    try:
        given = json.loads(sys.stdin.read())
        server_url, user, secret = (str(given.get(name) or "") for name in ("ServerURL", "Username", "Secret"))
    except (ValueError, AttributeError) as error:
        raise ClientError("standard input must be a JSON object with ServerURL, Username and Secret") from error
    host = _host(server_url)
    if not user:
        raise ClientError(_NO_USER)
    kept_credentials().keep(host, Kept(secret=secret, user=user))


def _erase() -> None:
    host = _host(sys.stdin.read().strip())
    kept_credentials().forget(host)
    forget(host)


def _list() -> None:
    sys.stdin.read()
    users = kept_credentials().hosts()
    url = read_configuration().url
    configured = {parse_address(url).host} if url else set()
    hosts = hosts_with_helper(docker_config_file()) | users.keys() | configured
    click.echo(json.dumps({host: users.get(host, TOKEN_USER) for host in sorted(hosts)}))


def _host(server_url: str) -> str:
    if not server_url:
        raise ClientError(_NO_SERVER)
    return host_of(server_url)


def _fail(sentence: str) -> int:
    click.echo(sentence)
    return 1


def _usage() -> str:
    return f"Usage: {_NAME} <{'|'.join(ACTIONS)}|version>"


ACTIONS: dict[str, Callable[[], None]] = {"store": _store, "get": _get, "erase": _erase, "list": _list}
"""What can be asked for, beside `version` and help."""
