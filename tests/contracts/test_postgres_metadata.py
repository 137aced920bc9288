"""What PostgreSQL metadata promise beyond their ports: many processes at once, and no transaction left open."""

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import give_back, postgres, postgres_url
from tests.contracts.content import APP, OTHER, artifact, fixed, movable, write
from tests.contracts.everything import everything, fill
from tests.contracts.processes import winner_of_race
from tests.contracts.threads import MANY, all_at_once
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_metadata
from pierone_adapters.sql.postgres_connection import BoundedConnection
from pierone_core.ports import EventLog, Metadata, TagRaced
from pierone_core.values import Digest, Tag

ONE, TWO = artifact("one"), artifact("two")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Metadata]:
    """Begin an empty PostgreSQL database."""
    with closing(postgres(tmp_path)) as opened:
        yield opened
    give_back(tmp_path)


@pytest.fixture
def second(database: Metadata, tmp_path: Path) -> Iterator[Metadata]:  # noqa: ARG001 - it comes first
    """Open the same database once more, as another replica does."""
    with closing(postgres(tmp_path)) as opened:
        yield opened


def sequences(events: EventLog) -> list[int]:
    return [event.sequence for event in events.read(0, 10_000)]


def test_everything_is_there_after_opening_again(database: Metadata, second: Metadata, tmp_path: Path) -> None:
    assert second.manifests.tag(APP, Tag.parse("1.0")) is None
    fill(database)
    assert everything(second) == everything(database)
    assert all(everything(database).values())
    with closing(postgres(tmp_path)) as third:
        assert everything(third) == everything(database)


def test_of_several_processes_one_wins_a_tag(database: Metadata, tmp_path: Path) -> None:
    winner = winner_of_race("postgresql", tmp_path)
    binding = database.manifests.tag(APP, Tag.parse("1.0"))
    assert binding
    assert binding.digest == winner
    assert sequences(database.events) == [1, 2]


def test_whoever_reads_the_log_while_many_write_never_sees_a_gap(
    database: Metadata, second: Metadata, tmp_path: Path
) -> None:
    done, seen = threading.Event(), list[list[int]]()

    def watch(events: EventLog) -> None:
        while not done.is_set():
            seen.append(sequences(events))

    calls = [
        partial((database, second)[number % 2].manifests.store, write(artifact(str(number)), fixed(f"tag-{number}")))
        for number in range(3 * MANY)
    ]
    with closing(postgres(tmp_path)) as watcher:
        watching = threading.Thread(target=watch, args=[watcher.events])
        watching.start()
        outcomes = all_at_once(calls)
        done.set()
        watching.join()
    assert outcomes == [None] * (3 * MANY)
    assert sequences(database.events) == list(range(1, 6 * MANY + 1))
    assert all(read == list(range(1, len(read) + 1)) for read in seen)
    assert len({len(read) for read in seen}) > 2


def test_writers_that_want_the_same_tags_in_opposite_orders_never_wait_in_a_circle(
    database: Metadata, second: Metadata
) -> None:
    names = [f"tag-{number}" for number in range(20)]
    database.manifests.store(write(ONE, *map(movable, names)))
    for round_number in range(5):
        held = database.manifests.tag(APP, Tag.parse(names[0]))
        assert held
        moves = [movable(name, held.digest) for name in names]
        manifests = [artifact(f"{round_number}, {number}") for number in range(8)]
        calls = [
            partial(metadata.manifests.store, write(manifest, *order))
            for manifest, metadata, order in zip(
                manifests, [database, second] * 4, [moves, moves[::-1], moves[::-1], moves] * 2, strict=True
            )
        ]
        assert sorted(map(str, map(type, all_at_once(calls)))) == sorted(map(str, [type(None), *[TagRaced] * 7]))
    assert sequences(second.events) == list(range(1, 21 + 5 * 21 + 1))


def test_a_push_is_one_round_trip(database: Metadata, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    wait = BoundedConnection.wait
    database.manifests.store(write(TWO))

    def count(connection: BoundedConnection, *arguments: object, **more: object) -> object:
        waits.append(arguments)
        return wait(connection, *arguments, **more)  # type: ignore[arg-type] # whatever it was called with

    monkeypatch.setattr(BoundedConnection, "wait", count)
    database.manifests.store(write(ONE, fixed("1.0"), fixed("1"), movable("dev")))
    assert len(waits) == 1
    database.manifests.tag(APP, Tag.parse("1.0"))
    assert len(waits) == 2
    with pytest.raises(TagRaced):
        database.manifests.store(write(TWO, fixed("1.0")))
    assert len(waits) == 3


def test_nothing_is_left_open_after_any_call(database: Metadata, tmp_path: Path) -> None:
    fill(database)
    everything(database)
    with pytest.raises(TagRaced):
        database.manifests.store(write(TWO, fixed("1.0")))
    with closing(database.manifests.tags_newest_first(APP)) as tags, database.alone("sweep"):
        next(tags)
        query = (
            "SELECT DISTINCT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert shared_postgres().execute(query, postgres_url(tmp_path)) == [("idle",)]


@pytest.mark.parametrize("how", ["socket", "postgres://", "unquoted name"])
def test_a_database_is_found_by_any_url_that_postgresql_understands(
    database: Metadata, tmp_path: Path, how: str
) -> None:
    fill(database)
    url = postgres_url(tmp_path)
    name = url.rpartition("/")[2]
    urls = {
        "socket": shared_postgres().url(name, socket=True),
        "postgres://": url.replace("postgresql://", "postgres://"),
        "unquoted name": f"{url}?application_name=our%20registry&connect_timeout=4&options=-c%20search_path%3Dpublic",
    }
    with closing(postgres_metadata(urls[how])) as metadata:
        assert everything(metadata) == everything(database)


def test_tags_and_referrers_come_in_order_however_many_there_are(database: Metadata) -> None:
    subject = Digest.of(b"subject")
    manifests = [artifact(str(number), subject, "a/b") for number in range(23)]
    for number, manifest in enumerate(manifests):
        database.manifests.store(write(manifest, fixed(f"tag-{number}")))
        database.manifests.store(write(manifest, fixed("1.0"), repository=OTHER) if not number else write(manifest))
    newest = list(database.manifests.tags_newest_first(APP))
    assert [binding.tag.name for binding in newest] == [f"tag-{number}" for number in reversed(range(23))]
    found = [str(referrer.digest) for referrer in database.listing.referrers(APP, subject, "a/b", "")]
    assert found == sorted(str(manifest.digest) for manifest in manifests)
