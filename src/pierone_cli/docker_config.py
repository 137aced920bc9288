"""`config.json` of docker, which podman, buildah and skopeo read as well.

Two ways to log in stand there: `credHelpers` names a program that is asked each time, `auths` holds the secret itself.
Every other key belongs to somebody else and stays.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pierone_cli.address import host_of
from pierone_cli.credential import Credential
from pierone_cli.durable_file import locked, replace_file
from pierone_cli.errors import ClientError

Content = dict[str, Any]
HELPER = "pierone"
"""The helper's name there; the program is `docker-credential-pierone`."""


def docker_config_file() -> Path:
    """Where it lies; `DOCKER_CONFIG` names the directory."""
    directory = os.environ.get("DOCKER_CONFIG")
    return (Path(directory) if directory else Path.home() / ".docker") / "config.json"


def use_helper(file: Path, host: str) -> None:
    """Have clients ask our helper for `host`, and drop secrets of it that lie in the file; raises `ClientError`."""

    def changed(content: Content) -> Content:
        helpers = _part(content, "credHelpers", file)
        return _without_secrets(content, host, file) | {"credHelpers": helpers | {host: HELPER}}

    _change(file, changed, private=False)


def use_secret(file: Path, credential: Credential, host: str) -> None:
    """Write the secret for `host` into the file, which nobody else can read then; raises `ClientError`."""

    def changed(content: Content) -> Content:
        auths = _part(_without_secrets(content, host, file), "auths", file)
        written = content | {"auths": auths | {host: {"auth": credential.basic}}}
        return written | _helpers_without(content, host, file)

    _change(file, changed, private=True)


def hosts_with_helper(file: Path) -> set[str]:
    """Every host for which clients ask our helper; none if the file cannot be read."""
    try:
        helpers = _part(_read(file), "credHelpers", file)
    except ClientError:
        return set()
    return {host_of(host) for host, helper in helpers.items() if helper == HELPER}


def _helpers_without(content: Content, host: str, file: Path) -> Content:
    # A helper would be asked instead of the file. An empty name stops docker from asking its `credsStore`; podman and
    # skopeo know no such store, and would look for a helper without a name.
    helpers = {name: helper for name, helper in _part(content, "credHelpers", file).items() if name != host}
    if content.get("credsStore"):
        helpers[host] = ""
    return {"credHelpers": helpers} if helpers or "credHelpers" in content else {}


def _without_secrets(content: Content, host: str, file: Path) -> Content:
    if "auths" not in content:
        return content
    auths = _part(content, "auths", file)
    return content | {"auths": {name: auth for name, auth in auths.items() if host_of(name) != host}}


def _change(file: Path, changed: Callable[[Content], Content], *, private: bool) -> None:
    try:
        with locked(file):
            replace_file(file, json.dumps(changed(_read(file)), indent=2) + "\n", private=private)
    except OSError as error:
        raise ClientError(
            f"cannot write {file}: {error.strerror}; set DOCKER_CONFIG to a directory of yours"
        ) from error


def _read(file: Path) -> Content:
    try:
        content = json.loads(file.read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ClientError(f"cannot read {file}: {error}; mend or remove it") from error
    if isinstance(content, dict):
        return content
    raise ClientError(f"{file} must hold a JSON object; mend or remove it")


def _part(content: Mapping[str, Any], name: str, file: Path) -> Content:
    part = content.get(name)
    if part is None or isinstance(part, dict):
        return part or {}
    raise ClientError(f"{name} in {file} must be a JSON object; mend or remove it")
