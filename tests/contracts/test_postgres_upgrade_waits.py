"""`upgrade_postgres` while others read and write: it holds nobody up for long, and goes on when they have ended."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import text
from tests.contracts.versions import previous_postgres
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_upgrade, upgrade_postgres
from pierone_core.errors import Unavailable

STATEMENT_TIMEOUT = 5


@pytest.fixture
def url() -> str:
    """Make a database of an older version."""
    made = shared_postgres().database(migrated=False)
    previous_postgres(made)
    return made


@pytest.fixture
def end_reading(url: str) -> Iterator[Callable[[], None]]:
    """Begin to read as `pg_dump` does, and give what ends it."""
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM blobs")
        yield reader.rollback


@pytest.mark.usefixtures("end_reading")
def test_a_long_reader_is_told_and_nothing_is_changed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_upgrade, "_PAUSES", (0.0, 0.1))
    with pytest.raises(Unavailable, match=r"not changed: a long transaction"):
        upgrade_postgres(url)
    assert shared_postgres().execute("SELECT version_num FROM alembic_version", url) == [("0001",)]


def test_it_is_tried_again_and_meanwhile_no_push_waits_for_too_long(
    url: str, end_reading: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_upgrade, "_PAUSES", (0.0, 3.0))
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as pusher:
        upgrading = pool.submit(upgrade_postgres, url)
        wait_for_a_waiting_lock(url)
        pusher.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}s'")
        try:
            pusher.execute("LOCK TABLE blobs IN ROW EXCLUSIVE MODE")
        finally:
            pusher.rollback()
            end_reading()
        assert upgrading.result(timeout=30)


def test_it_is_tried_again_where_it_and_a_push_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_upgrade, "_WAIT_FOR_TABLES", text("SET LOCAL lock_timeout = '20s'"))
    url = shared_postgres().database(migrated=False)
    postgres_upgrade.upgrade_postgres(url, "0002")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as pusher:
        pusher.execute("SET deadlock_timeout = '20s'")  # so that the other one is told
        pusher.execute("INSERT INTO repositories VALUES ('team/app')")
        upgrading = pool.submit(upgrade_postgres, url)
        wait_for_a_waiting_lock(url)
        pusher.execute("LOCK TABLE events IN ROW EXCLUSIVE MODE")
        pusher.commit()
        assert upgrading.result(timeout=60)


def wait_for_a_waiting_lock(url: str) -> None:
    deadline = monotonic() + 30
    while not shared_postgres().execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation IS NOT NULL", url):
        assert monotonic() < deadline
        sleep(0.02)
