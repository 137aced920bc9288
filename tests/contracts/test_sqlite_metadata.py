"""What SQLite metadata promise beyond their ports: they survive, and several processes may use them at once."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import sqlite
from tests.contracts.content import APP, OTHER, artifact, fixed, movable, write
from tests.contracts.everything import LAYER, ONE, TWO, everything, fill
from tests.contracts.processes import PATIENCE, die_while_creating_tables, process, winner_of_race
from tests.contracts.threads import MANY, all_at_once

from pierone_adapters.sql import sqlite_metadata
from pierone_core.errors import Unavailable
from pierone_core.ports import Metadata, TagRaced
from pierone_core.values import Digest, Tag


def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    with closing(sqlite(tmp_path)) as metadata:
        fill(metadata)
        before = everything(metadata)
    with closing(sqlite(tmp_path)) as metadata:
        assert everything(metadata) == before
        assert all(before.values())


def test_a_second_opening_sees_every_commit_at_once(database: Metadata, tmp_path: Path) -> None:
    with closing(sqlite(tmp_path)) as second:
        assert second.manifests.tag(APP, Tag.parse("1.0")) is None
        fill(database)
        assert everything(second) == everything(database)


def test_events_of_two_openings_are_one_dense_sequence(database: Metadata, tmp_path: Path) -> None:
    with closing(sqlite(tmp_path)) as second:
        for number in range(10):
            (database, second)[number % 2].manifests.store(write(artifact(f"number {number}")))
        assert [event.sequence for event in second.events.read(0, 100)] == list(range(1, 11))
        with pytest.raises(TagRaced):
            second.manifests.store(write(ONE, movable("dev", TWO.digest)))
        assert len(database.events.read(0, 100)) == 10


def test_many_may_write_through_two_openings_at_once(database: Metadata, tmp_path: Path) -> None:
    with closing(sqlite(tmp_path)) as second:
        calls = [
            partial((database, second)[number % 2].manifests.store, write(artifact(f"number {number}")))
            for number in range(MANY)
        ]
        assert all_at_once(calls) == [None] * MANY
        assert [event.sequence for event in second.events.read(0, 100)] == list(range(1, MANY + 1))


def test_of_several_processes_that_begin_the_same_new_file_one_wins_a_tag(tmp_path: Path) -> None:
    winner = winner_of_race("sqlite", tmp_path)
    with closing(sqlite(tmp_path)) as metadata:
        binding = metadata.manifests.tag(APP, Tag.parse("1.0"))
        assert binding
        assert binding.digest == winner
        assert [event.sequence for event in metadata.events.read(0, 10)] == [1, 2]


def test_many_may_begin_the_same_new_file_at_once(tmp_path: Path) -> None:
    opened = all_at_once([partial(sqlite, tmp_path)] * 8)
    assert [outcome for outcome in opened if isinstance(outcome, Exception)] == []
    for metadata in opened:
        assert isinstance(metadata, Metadata)
        with closing(metadata):
            assert metadata.events.read(0, 1) == []


@pytest.mark.parametrize("table", ["repositories", "tags", "uploads"])
def test_a_process_killed_while_it_made_the_tables_leaves_none_without_its_guards(tmp_path: Path, table: str) -> None:
    with process(die_while_creating_tables, tmp_path, table) as running:
        running.join(PATIENCE)
        assert running.exitcode == -9
    with closing(sqlite(tmp_path)) as metadata:
        fill(metadata)
        assert schema(tmp_path) == complete_schema(tmp_path / "another")


def schema(directory: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(directory / "pierone.sqlite")) as connection:
        return set(connection.execute("SELECT type, name FROM sqlite_master"))


def complete_schema(directory: Path) -> set[tuple[str, str]]:
    directory.mkdir()
    with closing(sqlite(directory)):
        return schema(directory)


@pytest.mark.parametrize("name", ["with space", "50%25", "a#b", "a?b=c", "ünï", "a&mode=memory", "a;b'c\"d"])
def test_the_file_lies_where_it_was_asked_for_whatever_the_directory_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with closing(sqlite(tmp_path / name)) as metadata:
        fill(metadata)
    assert (tmp_path / name / "pierone.sqlite").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Metadata]:
    """Have another program hold the write lock, and wait for it for 50 ms only."""
    monkeypatch.setattr("pierone_adapters.sql.sqlite._WRITE_PATIENCE", 50)
    with (
        closing(sqlite(tmp_path)) as metadata,
        closing(sqlite3.connect(tmp_path / "pierone.sqlite", isolation_level=None)) as other,
    ):
        fill(metadata)
        other.execute("BEGIN IMMEDIATE")
        yield metadata
        other.execute("ROLLBACK")
        metadata.manifests.store(write(artifact("after")))


def test_a_failure_does_not_tell_what_was_to_be_written(database: Metadata, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "pierone.sqlite")) as other:
        other.execute(
            "CREATE TRIGGER fail BEFORE INSERT ON shared_values BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
        )
    with pytest.raises(Unavailable) as failure:
        database.share("key", "a-secret-word")
    assert "made to fail" in str(failure.value.__cause__)
    assert "a-secret-word" not in str(failure.value.__cause__)


def test_what_cannot_be_written_while_another_program_holds_the_lock_is_unavailable(locked: Metadata) -> None:
    before = everything(locked)
    outcomes = all_at_once(
        [
            lambda: locked.manifests.store(write(TWO, fixed("1.0"))),
            lambda: locked.manifests.store(write(ONE, fixed("2.0"))),
            lambda: locked.blobs.add(OTHER, LAYER, 5),
            lambda: locked.uploads.remove("id-1"),
        ]
    )
    assert [isinstance(outcome, Unavailable) for outcome in outcomes] == [True] * 4
    assert everything(locked) == before


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "pierone.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(Unavailable):
        sqlite(tmp_path)


def test_a_directory_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        sqlite_metadata(tmp_path / "missing" / "pierone.sqlite")


@pytest.mark.parametrize("instead", ["nothing", "an older copy"])
def test_a_file_that_was_removed_or_replaced_takes_no_more_writes(
    database: Metadata, tmp_path: Path, instead: str
) -> None:
    file, copy = tmp_path / "pierone.sqlite", tmp_path / "copy"
    copy.write_bytes(file.read_bytes())
    fill(database)
    file.unlink()
    if instead == "an older copy":
        copy.rename(file)
    with pytest.raises(Unavailable, match=r"gone|replaced"):
        database.manifests.store(write(TWO, fixed("1.0")))
    with pytest.raises(Unavailable, match=r"gone|replaced"):
        database.uploads.remove("id-1")


def test_a_writer_finds_the_moments_in_which_another_program_lets_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.sqlite._WRITE_PATIENCE", 1500)
    with closing(sqlite(tmp_path)) as metadata, ThreadPoolExecutor(1) as threads:
        done = threading.Event()
        other = threads.submit(_write_nearly_always, tmp_path / "pierone.sqlite", done)
        try:
            for number in range(60):
                metadata.blobs.add(OTHER, Digest.of(b"%d" % number), 1)
        finally:
            done.set()
        other.result()


def _write_nearly_always(path: Path, done: threading.Event) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        while not done.is_set():
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(0.04)
            connection.execute("COMMIT")
            time.sleep(0.0015)
