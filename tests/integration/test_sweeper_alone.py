"""Of servers that share a database one sweeps at a time, and another one when that is gone."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.integration.server import Server
from tests.integration.survival.audit import upload_files
from tests.integration.survival.waiting import wait_until

from pierone_http.settings import Settings
from pierone_http.storage_wiring import metadata

OFTEN = {"PIERONE_SWEEP_INTERVAL": "0.05", "PIERONE_UPLOAD_MAX_AGE": "10", "PIERONE_LOG_LEVEL": "debug"}
WAITS = "another server removes unfinished uploads"


@contextmanager
def taken(alone: Callable[[str], AbstractContextManager[bool]]) -> Iterator[None]:
    """Be the one who sweeps, as soon as nobody else does."""
    is_ours = False
    while not is_ours:
        with alone("sweep") as is_ours:
            if is_ours:
                yield


def leave_behind(data_dir: Path, name: str) -> None:
    """Put an upload there that nobody has gone on with for long."""
    path = data_dir / "uploads" / name
    path.write_bytes(b"left behind")
    os.utime(path, (1, 1))


def test_nobody_sweeps_while_another_does_and_the_next_when_it_is_done(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env=OFTEN) as server:
        other = metadata(Settings(data_dir=server.data_dir))
        with taken(other.alone):
            leave_behind(server.data_dir, "old")
            wait_until(lambda: server.log.read_text().count(WAITS) > 1, "the server finds another one at work")
            assert upload_files(server.data_dir) == {"old"}
        other.close()
        wait_until(lambda: upload_files(server.data_dir) == set(), "the server sweeps")
