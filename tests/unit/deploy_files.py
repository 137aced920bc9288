"""What `deploy/` holds, for the tests of it."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pierone_http.setting_names import CONFIG_FILE_VARIABLE
from pierone_http.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    """Every YAML document of a file."""
    return list(YAML(typ="safe").load_all(path))


def run_tool(name: str, *arguments: str | Path) -> str:
    """Run a program of the development environment; what it found is the failure's message."""
    command = [str(Path(sys.executable).with_name(name)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def unknown_settings(names: Iterator[str]) -> list[str]:
    """Those of `names` that look like settings and are none."""
    known = {f"PIERONE_{name.upper()}" for name in Settings.model_fields} | {CONFIG_FILE_VARIABLE}
    return [name for name in names if name.startswith("PIERONE_") and name not in known]


def settings_names() -> Iterator[tuple[str, str]]:
    """Every word in a file of `deploy/` that looks like a setting, with the file's name."""
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and path.name != ".env":
            yield from ((path.name, name) for name in re.findall(r"PIERONE_[A-Z0-9_]+", path.read_text()))


def settings_of(environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> Settings:
    """What the server understands if it is started with `environment`."""
    for name, value in environment.items():
        patch.setenv(name, value)
    return Settings.model_validate({})
