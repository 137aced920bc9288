"""Pier One as it is measured: a users file says who may push, and every request shows a name and a password.

The password is verified once; after that the caller is in the server's cache, as it is for whoever goes on working.
"""

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.servers import HOST, Kind, Launch

NAME = "Pier One"
PROGRAM = Path(sys.executable).with_name("pierone-server")
USER, PASSWORD, TEAM = "bench", "benchmark", "bench"
# Of the password above, with the cost that `pierone-server hash-password` takes.
PASSWORD_HASH = "$2b$12$llLKgi1Ut867UA.emXTeLOOlmeIJZEwasnBZP6mk42TxpolAGuyRu"  # noqa: S105 - made up
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def subject(*, is_open: bool = False) -> Kind:
    """Return Pier One; an open one knows nobody and asks for no credentials."""

    def launch(directory: Path, port: int) -> Launch:
        own = {"PIERONE_HOST": HOST, "PIERONE_PORT": str(port), "PIERONE_DATA_DIR": str(directory)}
        users = {} if is_open else {"PIERONE_USERS_FILE": _users_file(directory)}
        return Launch([str(PROGRAM), "serve"], own | users)

    return Kind(NAME, launch, authorization="" if is_open else AUTHORIZATION)


def with_settings(kind: Kind, settings: Mapping[str, str]) -> Kind:
    """Return Pier One as it is, but for some settings."""

    def launch(directory: Path, port: int) -> Launch:
        usual = kind.launch(directory, port)
        return replace(usual, environment={**usual.environment, **settings})

    return replace(kind, launch=launch)


def _users_file(directory: Path) -> str:
    path = directory.with_suffix(".users.json")
    path.write_text(json.dumps({USER: {"password": PASSWORD_HASH, "teams": [TEAM]}}))
    return str(path)
