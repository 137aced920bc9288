"""Unfinished uploads are removed by one replica at a time, by another one when that dies, and again after outages."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.stores import Stores
from tests.integration.server import Server
from tests.integration.survival.registry import Registry, expect
from tests.integration.survival.waiting import wait_until

REPOSITORY = "team/swept"
SWEEPING = {"PIERONE_UPLOAD_MAX_AGE": "1", "PIERONE_SWEEP_INTERVAL": "0.1"}
LOCKS = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database() WHERE "
HELD_BY_SWEEPERS = LOCKS + "locktype = 'advisory' AND granted"
WAITING_FOR_UPLOADS = LOCKS + "relation = 'uploads'::regclass AND NOT granted"


@pytest.fixture
def env(cluster: Cluster, stores: Stores) -> Mapping[str, str]:
    """Settings for replicas that sweep often, with a database and a bucket of their own."""
    assert cluster.replicas
    return {**stores.new_settings(), **SWEEPING}


def test_another_replica_removes_uploads_when_the_one_that_did_is_killed(
    env: Mapping[str, str], tmp_path: Path
) -> None:
    first, second = Server(tmp_path / "first", env=env), Server(tmp_path / "second", env=env)
    with _uploads_locked(env) as database, first:
        wait_until(lambda: _count(database, WAITING_FOR_UPLOADS) == 1, "the first replica looks for idle uploads")
        with second:
            time.sleep(1)  # time for the second to look ten times, if it did
            assert _count(database, WAITING_FOR_UPLOADS) == 1
            assert _count(database, HELD_BY_SWEEPERS) == 1
            first.kill()
            wait_until(lambda: _count(database, HELD_BY_SWEEPERS) == 0, "the dead replica's lock is let go")
            database.rollback()
            _check_that_uploads_are_removed(second)


def test_uploads_are_removed_again_after_database_and_store_were_dead(
    cluster: Cluster, env: Mapping[str, str], tmp_path: Path
) -> None:
    with Server(tmp_path / "replica", env=env) as replica:
        for victim in ("PostgreSQL", "S3"):
            cluster.kill(victim)
            wait_until(lambda: b"could not remove unfinished uploads" in replica.log.read_bytes(), "a sweep failed")
            cluster.heal()
            _check_that_uploads_are_removed(replica)


def _check_that_uploads_are_removed(replica: Server) -> None:
    with Registry(replica) as registry:
        begun = registry.start_upload(REPOSITORY)
        expect(202, registry.append(begun, b"some bytes"))
        wait_until(lambda: registry.status(begun).status_code == 404, "an idle upload is removed")


@contextmanager
def _uploads_locked(env: Mapping[str, str]) -> Iterator[psycopg.Connection]:
    """Keep everybody else from reading which uploads there are, so that whoever wants to can be counted."""
    with psycopg.connect(env["PIERONE_DATABASE_URL"]) as connection:
        connection.execute("LOCK TABLE uploads IN ACCESS EXCLUSIVE MODE")
        yield connection


def _count(database: psycopg.Connection, query: str) -> int:
    [(count,)] = database.execute(query.encode()).fetchall()
    return int(count)
