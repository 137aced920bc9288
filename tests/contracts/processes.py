"""Other processes on the same files, each begun anew (not forked), as a second server would be."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path

from sqlalchemy import Engine, event
from tests.contracts.adapters import sqlite
from tests.contracts.content import artifact, fixed, write

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_core.ports import TagRaced

PATIENCE = 60.0
_SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def process(target: Callable[..., object], *arguments: object) -> Iterator[BaseProcess]:
    """Run `target` in a process; it is killed at the end if it still runs."""
    running = _SPAWN.Process(target=target, args=arguments)
    running.start()
    try:
        yield running
    finally:
        running.kill()
        running.join()


def die_while_uploading(root: Path, upload_id: str, data: bytes) -> None:
    """Hold an upload, write `data`, and be killed before it is let go."""
    writer = FilesystemBlobStore(root).open_upload(upload_id, "sha256")
    writer.write(data)
    os.kill(os.getpid(), signal.SIGKILL)


def discard_all(root: Path) -> None:
    """Discard every upload, one after the other."""
    store = FilesystemBlobStore(root)
    for path in sorted((root / "uploads").iterdir()):
        store.discard_upload(path.name)


def race_for_tag(directory: Path, number: int, gate: Path, answers: "Queue[tuple[int, bool]]") -> None:
    """Wait for the file `gate`, then try to bind tag 1.0; answer whether it was won."""
    metadata = sqlite(directory)
    answers.put((number, False))
    wait_for(gate.exists)
    try:
        metadata.manifests.store(write(artifact(f"by process {number}"), fixed("1.0")))
    except TagRaced:
        answers.put((number, False))
    else:
        answers.put((number, True))


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.001)


def answers() -> "Queue[tuple[int, bool]]":
    """What the processes of a race write to."""
    return _SPAWN.Queue()


def die_while_creating_tables(directory: Path, table: str) -> None:
    """Open a new SQLite file, and be killed at the first statement after the one that makes `table`."""
    made = False

    def watch(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal made
        if made:
            os.kill(os.getpid(), signal.SIGKILL)
        made = f"CREATE TABLE {table} (" in statement

    event.listen(Engine, "before_cursor_execute", watch)
    sqlite(directory)
