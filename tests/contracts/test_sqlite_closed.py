"""Closing a SQLite database while others use it: who came before is answered, who comes later is refused."""

import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import sqlite
from tests.contracts.content import APP, artifact, write
from tests.contracts.group import Group, take
from tests.contracts.processes import PATIENCE, process, wait_for

from pierone_adapters.sql.sqlite_readers import Readers
from pierone_core.errors import Unavailable
from pierone_core.ports import Metadata

_MOMENT = 10.0
_THREADS = 6
_ROUNDS = 20


def test_who_waits_when_it_is_closed_is_answered_first(tmp_path: Path) -> None:
    group = Group(tmp_path / "file")
    with ThreadPoolExecutor(3) as threads:
        with group.held(2):
            waiting = [threads.submit(group.commit.run, partial(take, number)) for number in (1, 2)]
        closed = threads.submit(group.commit.close)
        assert [each.result(PATIENCE) for each in waiting] == [1, 2]
        closed.result(PATIENCE)
    assert group.numbers() == [1, 2]


def test_closing_waits_for_the_transaction_under_way_and_refuses_those_that_come_then(tmp_path: Path) -> None:
    group, begun, may_end = Group(tmp_path / "file"), threading.Event(), threading.Event()

    def write_slowly(connection: sqlite3.Connection) -> int:
        begun.set()
        assert may_end.wait(PATIENCE)
        return take(1, connection)

    with ThreadPoolExecutor(3) as threads:
        writing = threads.submit(group.commit.run, write_slowly)
        assert begun.wait(PATIENCE)
        closing_down = threads.submit(group.commit.close)
        wait_for(lambda: group.commit._is_closed)  # noqa: SLF001 - nothing else shows that `close` has begun
        late = threads.submit(group.commit.run, partial(take, 2))
        assert isinstance(late.exception(_MOMENT), sqlite3.ProgrammingError)
        assert not closing_down.done()
        may_end.set()
        assert writing.result(PATIENCE) == 1
        closing_down.result(PATIENCE)
    with pytest.raises(sqlite3.ProgrammingError):
        group.connection.execute("SELECT 1")


def test_a_connection_that_is_in_use_is_closed_when_it_comes_back(tmp_path: Path) -> None:
    readers = Readers(lambda: sqlite3.connect(tmp_path / "file"))
    with readers.one() as connection:
        readers.close()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")


def test_a_closed_database_is_unavailable(tmp_path: Path) -> None:
    metadata = sqlite(tmp_path)
    metadata.close()
    metadata.close()
    with pytest.raises(Unavailable):
        metadata.manifests.store(write(artifact("late")))
    with pytest.raises(Unavailable):
        metadata.events.read(0, 1)


def test_closing_while_many_write_and_read_ends_none_of_them_but_with_a_refusal(tmp_path: Path) -> None:
    with process(close_under_load, tmp_path) as running:  # in the worst case it ends the process
        running.join(PATIENCE)
        assert running.exitcode == 0


def close_under_load(root: Path) -> None:
    """Close databases that threads use, and see that what was told is there."""
    for number in range(_ROUNDS):
        directory = root / str(number)
        directory.mkdir()
        metadata = sqlite(directory)
        with ThreadPoolExecutor(_THREADS) as threads:
            stored = [threads.submit(_use, metadata, thread) for thread in range(_THREADS)]
            wait_for(lambda: len(metadata.events.read(0, 50)) == 50)  # noqa: B023 - it is over in this round
            metadata.close()
        _check(directory, stored)


def _use(metadata: Metadata, thread: int) -> int:
    """Write and read until that is refused; how many were told to be stored."""
    told = 0
    try:
        while True:
            metadata.manifests.store(write(artifact(f"{told} of {thread}")))
            told += 1
            assert metadata.listing.has_repository(APP)
    except Unavailable:
        return told


def _check(directory: Path, stored: "Sequence[Future[int]]") -> None:
    with closing(sqlite(directory)) as metadata:
        assert metadata.events.read(sum(told.result() for told in stored) - 1, 1)
