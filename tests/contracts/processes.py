"""Other processes on the same files, each begun anew (not forked), as a second server would be."""

import itertools
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path

from sqlalchemy import Engine, event
from tests.contracts.adapters import METADATA, sqlite
from tests.contracts.content import APP, artifact, fixed, write

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_adapters.memory import memory_metadata
from pierone_adapters.sql import upgrade_postgres
from pierone_core.caller import Caller
from pierone_core.errors import BlobUploadUnknown, RegistryError
from pierone_core.ports import TagRaced
from pierone_core.registry import Registry
from pierone_core.values import Digest

PATIENCE = 60.0
# What a publication changes besides the bytes of its file, as the interpreter reports it.
CHANGES = frozenset({"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.truncate"})
NOBODY = 65534
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


def race_for_tag(adapter: str, directory: Path, number: int, gate: Path, answers: "Queue[tuple[int, str]]") -> None:
    """Wait for the file `gate`, then open the metadata and try to bind tag 1.0; answer how that went."""
    answers.put((number, "ready"))
    wait_for(gate.exists)
    try:
        with closing(METADATA[adapter](directory)) as metadata:
            metadata.manifests.store(write(artifact(f"by process {number}"), fixed("1.0")))
    except TagRaced:
        answers.put((number, "lost"))
    except RegistryError as error:
        answers.put((number, error.message))
    else:
        answers.put((number, "won"))


def winner_of_race(adapter: str, directory: Path) -> Digest:
    """Have four processes bind tag 1.0 at the same moment; the digest of the only one that did."""
    gate, heard = directory / "gate", answers()
    with ExitStack() as running:
        for number in range(4):
            running.enter_context(process(race_for_tag, adapter, directory, number, gate, heard))
        assert sorted(heard.get(timeout=PATIENCE) for _ in range(4)) == [(number, "ready") for number in range(4)]
        gate.touch()
        outcomes = dict(heard.get(timeout=PATIENCE) for _ in range(4))
    assert sorted(outcomes.values()) == ["lost", "lost", "lost", "won"]
    [winner] = [number for number, outcome in outcomes.items() if outcome == "won"]
    return artifact(f"by process {winner}").digest


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.001)


def answers() -> "Queue[tuple[int, str]]":
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


def hold_alone(adapter: str, directory: Path, held: Path) -> None:
    """Be alone under the name `sweep`, say so by making the file `held`, and stay so for ever."""
    with closing(METADATA[adapter](directory)) as metadata, metadata.alone("sweep") as alone:
        if alone:
            held.touch()
        signal.pause()


def die_while_upgrading(directory: Path, url: str | None) -> None:
    """Upgrade a database of the previous version, and be killed when most of it is done."""

    def watch(_: object, __: object, statement: str, *___: object) -> None:
        if "UPDATE alembic_version" in statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", watch)
    if url is None:
        sqlite(directory)
    else:
        upgrade_postgres(url)


def die_while_finishing(directory: Path, upload_id: str, step: int) -> None:
    """Finish an upload, and be killed before the change number `step` of any directory or mode."""
    push = Registry.over(sqlite(directory), FilesystemBlobStore(directory)).push_blobs
    session = push.resume(Caller("alice", unrestricted=True), APP, upload_id)
    changes = itertools.count(1)

    def watch(action: str, _: object) -> None:
        if action in CHANGES and next(changes) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    push.finish_upload(session, Digest.of(b"layer of an image"), b"an image", len(b"layer of "))


def push_without_rights(root: Path, data: bytes) -> None:
    """Push a blob as a user who may do nothing but use `root`."""
    if os.getuid() == 0:
        os.chown(root, NOBODY, NOBODY)
        os.chdir(root)  # the directories above may be closed to others
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        root = Path()
    push = Registry.over(memory_metadata(), FilesystemBlobStore(root)).push_blobs
    push.push_blob(Caller("alice", unrestricted=True), APP, data)


def open_what_is_finished_meanwhile(root: Path, data: bytes) -> None:
    """Open an upload that another server finishes between our opening its file and locking it."""
    sys.addaudithook(_Meanwhile(root, data))
    try:
        FilesystemBlobStore(root).open_upload("upload", "sha256")
    except BlobUploadUnknown:
        return
    sys.exit("opened an upload that is gone")


class _Meanwhile:
    """Publishes and discards the upload when somebody is about to lock it, once."""

    def __init__(self, root: Path, data: bytes) -> None:
        self._root, self._data, self._waiting = root, data, True

    def __call__(self, action: str, _: object) -> None:
        if action == "fcntl.flock" and self._waiting:
            self._waiting = False
            store = FilesystemBlobStore(self._root)
            with closing(store.open_upload("upload", "sha256")) as writer:
                writer.publish(Digest.of(self._data))
            store.discard_upload("upload")
