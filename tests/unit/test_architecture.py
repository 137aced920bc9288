"""The core stands on the standard library alone, so that it can be embedded anywhere and tested with nothing.

What the other packages may import of each other is checked by import-linter (`make check`). It cannot say
"the standard library and nothing else", hence this test.
"""

import ast
import sys
from pathlib import Path

import pytest

import pierone_core

CORE = Path(pierone_core.__file__).parent
# Names that are imported by a string would escape the check below.
ALLOWED = (sys.stdlib_module_names | {"pierone_core"}) - {"importlib", "runpy"}
# The core is pure: what talks to disks, networks or an event loop is an adapter or the edge.
IMPURE = {"asyncio", "http", "shutil", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "urllib"}


def imported_packages(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("pierone_core" if node.level else str(node.module).partition(".")[0])
        elif isinstance(node, ast.Name) and node.id == "__import__":
            found.add("__import__")
    return found


def imports_by_file() -> dict[str, set[str]]:
    return {
        str(path.relative_to(CORE)): imported_packages(path.read_text(encoding="utf-8")) for path in CORE.rglob("*.py")
    }


def test_the_core_imports_only_the_standard_library() -> None:
    foreign = {name: found - ALLOWED for name, found in imports_by_file().items() if found - ALLOWED}
    assert foreign == {}


def test_the_core_does_no_input_or_output() -> None:
    impure = {name: found & IMPURE for name, found in imports_by_file().items() if found & IMPURE}
    assert impure == {}


def test_the_whole_core_was_looked_at() -> None:
    looked_at = imports_by_file()
    assert {"errors.py", "values.py", "pull.py", "discovery.py"} <= looked_at.keys()
    assert set().union(*looked_at.values()) >= {"pierone_core", "dataclasses", "re"}


@pytest.mark.parametrize(
    "source",
    [
        "import fastapi",
        "import json, sqlalchemy.orm as orm",
        "from pydantic.types import Json",
        "def late():\n    import boto3",
        "if True:\n    from pierone_adapters import sql",
        "__import__('bcrypt')",
        "import importlib",
    ],
)
def test_a_foreign_import_is_noticed_wherever_it_stands(source: str) -> None:
    assert imported_packages(source) - ALLOWED
