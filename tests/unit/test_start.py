"""What the server was started with is not looked through for garbage while it serves, and is no more than it needs."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pierone_http import serving

_PROGRAM = """
import atexit, gc, sys
from pierone_http import start
atexit.register(lambda: print("frozen", gc.get_freeze_count(), gc.isenabled()))
sys.argv = ["pierone-server", "serve", "--help"]
start.main()
"""
_APP = """
import contextlib, sys
from pierone_http import start
sys.argv = ["pierone-server", "serve", "--help"]
with contextlib.suppress(SystemExit):
    start.main()
from pierone_http.container import Container
from pierone_http.settings import Settings
Container(settings=Settings(storage="memory")).app()
print([name for name in ("pydantic.v1", "rich", "yaml") if sys.modules.get(name)])
"""
# Some 100,000 objects are imported.
_MANY = 30_000


@pytest.fixture
def _thawed() -> Iterator[None]:
    gc.unfreeze()  # a server may have been started in this process before
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_thawed")
def test_the_application_is_set_aside_before_it_serves() -> None:
    before, seen = gc.get_freeze_count(), []

    class Server:
        def run(self, _: object) -> None:
            seen.append(gc.get_freeze_count())

    server: Any = Server()
    serving.run(server)
    assert seen[0] > before + _MANY


def test_what_was_imported_is_set_aside_and_garbage_is_collected_again() -> None:
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    _, count, enabled = ran.stdout.splitlines()[-1].split()
    assert int(count) > _MANY
    assert enabled == "True"


def test_what_libraries_do_without_is_not_imported() -> None:
    ran = subprocess.run([sys.executable, "-c", _APP], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
