"""What makes a start slow is loaded when it is needed, and what the client stands on is in its distribution."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

import pierone_cli

ROOT = Path(__file__).parents[3]
CLIENT = Path(pierone_cli.__file__).parent
SLOW = {"httpx2", "rich", "yaml", "zstandard"}
# Distributions are called otherwise than their packages.
PACKAGES = {"pyyaml": "yaml"}


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys; from pierone_cli.__main__ import cli\n"
        f"cli.main({[*arguments]}, prog_name='pierone', standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["tags", "--help"], ["completion", "bash"]])
def test_help_waits_for_nothing_that_is_slow_to_load(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & (SLOW | {"pierone_core", "pierone_http", "pierone_adapters"}) == set()


def imported() -> set[str]:
    nodes = [node for path in CLIENT.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"pierone_cli"}


def required(metadata: Distribution) -> set[str]:
    lines = [line for line in metadata.requires or [] if "extra ==" not in line]
    names = {str(re.match(r"[\w.-]+", line)[0]).lower() for line in lines}  # type: ignore[index]
    return {PACKAGES.get(name, name) for name in names}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    """The distribution as it would be published."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = target.glob("*.whl")
    unpacked = tmp_path_factory.mktemp("unpacked")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(built), str(unpacked)], check=True)
    [info] = unpacked.glob("*.dist-info")
    return PathDistribution(info)


def test_installing_the_client_brings_what_it_imports_and_nothing_of_the_server(wheel: Distribution) -> None:
    assert required(wheel) == imported()
    server = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    assert {"fastapi", "sqlalchemy", "boto3"} <= {re.split(r"[>\[]", line)[0] for line in server}


def test_the_wheel_has_the_programs(wheel: Distribution) -> None:
    programs = {entry.name: entry.value for entry in wheel.entry_points if entry.group == "console_scripts"}
    assert programs["pierone"] == "pierone_cli.__main__:main"
    assert programs["docker-credential-pierone"] == "pierone_cli.credential_helper:main"
