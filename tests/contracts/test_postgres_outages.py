"""What PostgreSQL metadata promise when the server, or the way to it, fails: an answer soon, and never a wrong one."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.contracts.adapters import give_back, postgres_url
from tests.contracts.content import APP, artifact, movable, write
from tests.contracts.everything import everything, fill
from tests.contracts.postgres_calls import calls
from tests.contracts.threads import all_at_once
from tests.postgres import PostgresServer, postgres_server, shared_postgres

from pierone_adapters.sql import postgres_metadata
from pierone_core.errors import Unavailable
from pierone_core.ports import Metadata
from pierone_core.values import Digest, Tag

ONE, TWO, THREE = artifact("one"), artifact("two"), artifact("three")
LAYER = Digest.of(b"another layer")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Begin an empty database."""
    yield postgres_url(tmp_path)
    give_back(tmp_path)


@pytest.fixture
def metadata(url: str) -> Iterator[Metadata]:
    """Open it, and be patient for half a second only."""
    with closing(postgres_metadata(url, pool_size=4, statement_timeout=0.5)) as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Start a server that may be killed."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def mortal(server: PostgresServer) -> Iterator[Metadata]:
    """Open a database of that server."""
    with closing(postgres_metadata(server.database(), 4, connect_timeout=2, statement_timeout=0.5)) as opened:
        fill(opened)
        yield opened


def cut_everybody_off(url: str) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> {}"
    shared_postgres().execute(query.format("pg_backend_pid()"), url)


def test_connections_that_were_lost_are_not_noticed_by_anybody(metadata: Metadata, url: str) -> None:
    before = everything(metadata)
    for call in calls(metadata):
        cut_everybody_off(url)
        call()
    cut_everybody_off(url)
    assert everything(metadata)["tags"] == before["tags"]


def test_a_connection_that_was_lost_in_a_pause_is_noticed_before_a_tag_is_moved_over_it(
    metadata: Metadata, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.postgres_pool._TRIED_AFTER_SECONDS", 0)
    cut_everybody_off(url)
    metadata.manifests.store(write(THREE, movable("dev", TWO.digest)))


def test_a_server_that_is_gone_is_unavailable_and_its_return_is_enough(
    mortal: Metadata, server: PostgresServer
) -> None:
    before = everything(mortal)
    server.kill()
    try:
        for call in calls(mortal):
            with pytest.raises(Unavailable):
                call()
    finally:
        server.start()
    assert everything(mortal) == before
    assert [call() for call in calls(mortal)]


def test_a_server_that_takes_everything_and_says_nothing_is_unavailable(
    mortal: Metadata, server: PostgresServer
) -> None:
    before = everything(mortal)
    server.freeze()
    try:
        outcomes = all_at_once(calls(mortal))
    finally:
        server.thaw()
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(outcomes)
    assert everything(mortal)["tags"] == before["tags"]
    mortal.check()


def test_what_waits_too_long_for_a_lock_is_unavailable_and_the_connection_stays_good(
    metadata: Metadata, url: str
) -> None:
    before = everything(metadata)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE tags, blobs, events IN ACCESS EXCLUSIVE MODE")
        for call in calls(metadata)[:3]:
            with pytest.raises(Unavailable) as failure:
                call()
            assert "statement timeout" in str(failure.value.__cause__)
    assert everything(metadata) == before


def test_who_finds_every_connection_in_use_is_unavailable(
    metadata: Metadata, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.postgres_pool._POOL_PATIENCE_SECONDS", 0.05)
    with (
        closing(postgres_metadata(url, pool_size=1, statement_timeout=0.3)) as narrow,
        psycopg.connect(url) as other,
    ):
        other.execute("LOCK TABLE tags IN ACCESS EXCLUSIVE MODE")
        outcomes = all_at_once([partial(narrow.manifests.tag, APP, Tag.parse("1.0"))] * 4)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
        narrow.check()
    assert metadata.manifests.tag(APP, Tag.parse("1.0"))
