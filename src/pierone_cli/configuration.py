"""The file `pierone.yaml`, and `PIERONE_*` variables that win over it.

The file lies where the system keeps configuration: `~/.config/pierone.yaml` on Linux (`XDG_CONFIG_HOME` is honoured),
`~/Library/Application Support/pierone/pierone.yaml` on macOS. Earlier clients wrote `~/.config/pierone/pierone.yaml`,
which is read as well.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import platformdirs

from pierone_cli.durable_file import replace_file
from pierone_cli.errors import ClientError


@dataclass(frozen=True, slots=True)
class Configuration:
    """Each field is a key of the file, and, in capitals behind `PIERONE_`, a variable."""

    url: str = ""
    """The registry, as its host or its URL."""
    oauth2_issuer: str = ""
    """The authorization server where people log in; its endpoints are discovered."""
    oauth2_client_id: str = "pierone"
    """The client id of this program there: a public client, without a secret."""
    oauth2_scope: str = "openid offline_access uid"
    """The scopes to ask for, with spaces between them."""
    oauth2_resource: str = ""
    """The resource indicator of the registry (RFC 8707), where the authorization server wants one."""


KEYS = tuple(field.name for field in fields(Configuration))


def read_configuration() -> Configuration:
    """What the file and the environment say; raises `ClientError` for a file that cannot be understood."""
    values = {key: str(value) for key, value in _read(_file()).items() if key in KEYS and value is not None}
    from_environment = {key: os.environ[_variable(key)] for key in KEYS if os.environ.get(_variable(key))}
    return replace(Configuration(), **(values | from_environment))


def keep_url(url: str) -> Path:
    """Remember the registry in the file, beside what stands there; return the file. Raises `ClientError`."""
    file = _file()
    import yaml  # noqa: PLC0415 - most commands need not wait for it

    try:
        replace_file(file, yaml.safe_dump({**_read(file), "url": url}, sort_keys=False))
    except OSError as error:
        raise ClientError(f"cannot write {file} ({error.strerror}); use --url or PIERONE_URL") from error
    return file


def configuration_files() -> list[Path]:
    """The places where the file may lie, the first one first."""
    directory = platformdirs.user_config_path("pierone")
    own = directory / "pierone.yaml"
    return [own] if directory.parent.name == "Application Support" else [directory.with_name("pierone.yaml"), own]


def state_directory() -> Path:
    """Where is kept what logins leave."""
    return platformdirs.user_state_path("pierone")


def _file() -> Path:
    places = configuration_files()
    return next((place for place in places if place.is_file()), places[0])


def _read(file: Path) -> Mapping[str, object]:
    if not file.is_file():
        return {}
    import yaml  # noqa: PLC0415 - where there is no file, nobody waits for it

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ClientError(f"cannot read {file}: {' '.join(str(error).split())}; mend or remove it") from error
    if content is None or isinstance(content, dict):
        return content or {}
    raise ClientError(f"{file} must hold keys and values, such as `url: https://pierone.example.org`")


def _variable(key: str) -> str:
    return f"PIERONE_{key.upper()}"
