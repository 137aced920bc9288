"""A blob that two connections of PostgreSQL add at once is counted once, and quickly, however many have it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
from tests.contracts.adapters import give_back, postgres, postgres_url
from tests.contracts.content import APP, OTHER
from tests.integration.oci import eventually
from tests.postgres import shared_postgres

from pierone_core.values import Digest

DIGEST = Digest.of(b"shared")
ROWS = 4000
SCANS = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'blobs'"
WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = '{}')"


def test_who_adds_a_blob_that_another_is_adding_waits_and_does_not_count_it_again(tmp_path: Path) -> None:
    with closing(postgres(tmp_path)) as metadata, ThreadPoolExecutor(1) as pool:
        url = postgres_url(tmp_path)
        waiting = WAITING.format(url.rpartition("/")[2])
        with psycopg.connect(url) as first:
            first.execute("INSERT INTO blobs VALUES (%s, %s, 1000)", (APP.name, str(DIGEST)))
            second = pool.submit(metadata.blobs.add, OTHER, DIGEST, 1000)
            eventually(lambda: second.done() or bool(shared_postgres().execute(waiting)))
        second.result()
        assert metadata.catalogue.lists.totals().storage == 1000
    give_back(tmp_path)


def test_a_blob_that_most_repositories_have_is_counted_without_reading_all_blobs(tmp_path: Path) -> None:
    with closing(postgres(tmp_path)), psycopg.connect(postgres_url(tmp_path)) as connection:
        connection.execute("SET session_replication_role = replica")
        for digest in ("'sha256:' || n", f"'{DIGEST}'"):
            rows = f"SELECT 'team/app-' || n, {digest}, 9 FROM generate_series(1, {ROWS}) n"  # noqa: S608 - our names
            connection.execute(f"INSERT INTO blobs {rows}".encode())
        connection.execute("ANALYZE blobs")
        connection.execute("SET session_replication_role = origin")
        before = connection.execute(SCANS).fetchone()
        connection.execute("INSERT INTO blobs VALUES (%s, %s, 9)", [APP.name, str(DIGEST)])
        assert connection.execute(SCANS).fetchone() == before
        connection.rollback()
    give_back(tmp_path)
