"""Registries that somebody logged in to on this machine: one of them may be meant, and these may see a token."""

import json
from pathlib import Path

from pierone_cli.address import Address, parse_address
from pierone_cli.configuration import read_configuration, state_directory
from pierone_cli.docker_config import docker_config_file, hosts_with_helper
from pierone_cli.durable_file import locked, replace_file
from pierone_cli.errors import ClientError
from pierone_cli.output import say
from pierone_cli.tokens.sources import kept_credentials


def remember(address: Address) -> None:
    """Keep the URL for later commands; a file that cannot be written is no reason for a login to fail."""
    file = _file()
    try:
        with locked(file):
            replace_file(file, json.dumps(_remembered() | {address.host: address.url}, indent=2) + "\n", private=True)
    except OSError as error:
        say(f"cannot write {file} ({error.strerror}); name the registry with --url or PIERONE_URL in other commands")


def forget(host: str) -> None:
    """A logout; raises `ClientError`."""
    if host not in _remembered():
        return
    try:
        with locked(_file()):
            rest = {name: url for name, url in _remembered().items() if name != host}
            replace_file(_file(), json.dumps(rest, indent=2) + "\n", private=True)
    except OSError as error:
        raise ClientError(f"cannot write {_file()} ({error.strerror}); remove it") from error


def registries() -> dict[str, str]:
    """The URL by host of every registry of a login, or the host again where only container clients have kept it."""
    return {host: host for host in hosts_with_helper(docker_config_file())} | _remembered()


def is_known(host: str) -> bool:
    """Whether a token may go to `host`: somebody logged in there, or it is the one that is configured."""
    url = read_configuration().url
    configured = {parse_address(url).host} if url else set()
    return host in configured | registries().keys() | kept_credentials().hosts().keys()


def _remembered() -> dict[str, str]:
    try:
        content = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # nothing is lost with it: the registry can be named
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {host: url for host, url in known if isinstance(url, str)}


def _file() -> Path:
    return state_directory() / "registries.json"
