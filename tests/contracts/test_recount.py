"""The figure of storage is right after a recount, whatever befell the table of blobs and whoever adds meanwhile."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.contracts.adapters import METADATA, give_back, postgres, postgres_url
from tests.contracts.content import APP, OTHER
from tests.contracts.threads import all_at_once
from tests.integration.oci import eventually
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_metadata
from pierone_core.ports import Metadata, RepositoryBlobs
from pierone_core.values import Digest, Repository

ADDERS, RECOUNTS, EACH = 6, 4, 20
ONE, TWO = Digest.of(b"one"), Digest.of(b"two")
# As a table of blobs that was lost and filled again makes it, and as one that an older backup makes.
TOO_MUCH, TOO_LITTLE = 7000, -300
STORAGE = "UPDATE totals SET value = value + {} WHERE name = 'storage' AND shard = 0"
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = '{}')"
)


def storage(metadata: Metadata) -> int:
    return metadata.catalogue.lists.totals().storage


def change_sqlite(directory: Path, amount: int) -> None:
    with closing(sqlite3.connect(directory / "pierone.sqlite")) as connection, connection:
        connection.execute(STORAGE.format(amount))


def change_postgres(directory: Path, amount: int) -> None:
    shared_postgres().execute(STORAGE.format(amount), postgres_url(directory))


CHANGES: dict[str, Callable[[Path, int], None]] = {"sqlite": change_sqlite, "postgresql": change_postgres}


def test_a_recount_leaves_a_right_figure_alone(metadata: Metadata) -> None:
    metadata.blobs.recount()
    assert storage(metadata) == 0
    for repository, digest, size in ((APP, ONE, 1000), (OTHER, ONE, 1000), (APP, TWO, 5)):
        metadata.blobs.add(repository, digest, size)
    metadata.blobs.recount()
    assert storage(metadata) == 1005


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("amount", [TOO_MUCH, TOO_LITTLE])
def test_a_wrong_figure_is_made_right_while_others_add(kind: str, amount: int, tmp_path: Path) -> None:
    with closing(METADATA[kind](tmp_path)) as metadata:
        metadata.blobs.add(APP, ONE, 1000)
        CHANGES[kind](tmp_path, amount)
        adders = [partial(add_many, metadata.blobs, adder) for adder in range(ADDERS)]
        calls: list[Callable[[], None]] = [*adders, *[metadata.blobs.recount] * RECOUNTS]
        done = all_at_once(calls)
        assert done == [None] * (ADDERS + RECOUNTS)
        assert storage(metadata) == 1000 + ADDERS * EACH + 5
    give_back(tmp_path)


def add_many(blobs: RepositoryBlobs, adder: int) -> None:
    """Blobs of its own, and one that all have."""
    repository = Repository.parse(f"team/app-{adder}")
    for number in range(EACH):
        blobs.add(repository, Digest.of(f"{adder} {number}".encode()), 1)
    blobs.add(repository, TWO, 5)


def test_what_is_added_and_not_yet_committed_is_neither_lost_nor_counted_twice(tmp_path: Path) -> None:
    with closing(postgres(tmp_path)) as metadata, ThreadPoolExecutor(1) as pool:
        metadata.blobs.add(APP, ONE, 1000)
        change_postgres(tmp_path, TOO_MUCH)
        with psycopg.connect(postgres_url(tmp_path)) as adding:
            adding.execute("INSERT INTO blobs VALUES (%s, %s, 5)", (APP.name, str(TWO)))
            recount = pool.submit(metadata.blobs.recount)
            eventually(lambda: recount.done() or waiting(tmp_path) > 0)
        recount.result()
        assert storage(metadata) == 1005
    give_back(tmp_path)


def test_two_that_recount_at_once_do_not_both_add_what_is_missing(tmp_path: Path) -> None:
    with closing(postgres(tmp_path)) as metadata, ThreadPoolExecutor(2) as pool:
        metadata.blobs.add(APP, ONE, 1000)
        change_postgres(tmp_path, TOO_MUCH)
        with psycopg.connect(postgres_url(tmp_path)) as holding:
            holding.execute("SELECT 1 FROM totals WHERE name = 'storage' AND shard = 0 FOR UPDATE")
            recounts = [pool.submit(metadata.blobs.recount) for _ in range(2)]
            eventually(lambda: waiting(tmp_path) == len(recounts))
        assert [recount.result() for recount in recounts] == [None, None]
        assert storage(metadata) == 1000
    give_back(tmp_path)


def test_a_recount_takes_longer_than_other_statements_may(tmp_path: Path) -> None:
    with (
        closing(postgres_metadata(postgres_url(tmp_path), statement_timeout=0.3)) as metadata,
        ThreadPoolExecutor(1) as pool,
    ):
        change_postgres(tmp_path, TOO_MUCH)
        with psycopg.connect(postgres_url(tmp_path)) as holding:
            holding.execute("SELECT 1 FROM totals WHERE name = 'storage' AND shard = 0 FOR UPDATE")
            recount = pool.submit(metadata.blobs.recount)
            holding.execute("SELECT pg_sleep(1.5)")
            assert not recount.done()
        recount.result()
        assert storage(metadata) == 0
    give_back(tmp_path)


def waiting(directory: Path) -> int:
    """How many sessions of the database of `directory` wait for a lock."""
    [(number,)] = shared_postgres().execute(WAITING.format(postgres_url(directory).rpartition("/")[2]))
    assert isinstance(number, int)
    return number
