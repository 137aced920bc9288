"""A blob that two connections of PostgreSQL add at once is counted once."""

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
