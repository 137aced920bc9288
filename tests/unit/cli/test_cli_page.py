"""docs/cli.md is what `--help` says, for every command, and names every setting."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pierone_cli.__main__ import cli
from pierone_cli.configuration import KEYS
from pierone_cli.credential_helper import ACTIONS

PAGE = (Path(__file__).parents[3] / "docs/cli.md").read_text()
WIDTH = 100
SHOWN = dict(re.findall(r"^### ([\w-]+)\n\n```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def help_of(name: str) -> str:
    command = [name, "--help"]
    shown = CliRunner().invoke(cli, command, prog_name="pierone", terminal_width=WIDTH, max_content_width=WIDTH)
    return shown.output


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_page_shows_what_help_says(name: str) -> None:
    assert SHOWN.get(name) == help_of(name)


def test_the_page_shows_no_other_command() -> None:
    assert list(SHOWN) == sorted(cli.commands)


@pytest.mark.parametrize("key", KEYS)
def test_the_page_has_every_setting_with_its_variable(key: str) -> None:
    assert re.search(rf"^\| `{key}` \| `PIERONE_{key.upper()}` \| ", PAGE, re.MULTILINE)


@pytest.mark.parametrize("action", [*ACTIONS, "version"])
def test_the_page_names_every_action_of_the_helper(action: str) -> None:
    assert f"`{action}`" in PAGE
