"""A registry whose database was lost does not begin anew beside its blobs."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.integration.bucket import in_bucket
from tests.integration.oci import Repository, connect
from tests.integration.server import Server
from tests.postgres import shared_postgres


def push(directory: Path, env: Mapping[str, str]) -> None:
    with Server(directory, env=env) as server, connect(server.url) as api:
        repository = Repository(api, "team/app")
        repository.push("1.0", repository.image("one"))


def postgres() -> dict[str, str]:
    return {"PIERONE_DATABASE_URL": shared_postgres().database()}


@pytest.mark.parametrize("database", [postgres, dict], ids=["PostgreSQL", "SQLite"])
def test_a_new_database_is_refused_beside_a_bucket_of_blobs(
    tmp_path: Path, database: Callable[[], dict[str, str]]
) -> None:
    bucket = dict(in_bucket())
    push(tmp_path / "first", bucket | database())
    forgotten = bucket | database()
    for _ in range(2):  # what the first refusal left behind does not open the door
        with pytest.raises(RuntimeError, match="the database is empty, but the blob store has blobs"):
            Server(tmp_path / "second", env=forgotten).start()


def test_a_new_postgresql_database_is_refused_beside_a_directory_of_blobs(tmp_path: Path) -> None:
    push(tmp_path, postgres())
    with pytest.raises(RuntimeError, match="Restore the database"):
        Server(tmp_path, env=postgres()).start()


def test_a_registry_whose_first_push_was_cut_short_starts_again(tmp_path: Path) -> None:
    env = {**in_bucket(), **postgres()}
    with Server(tmp_path, env=env) as server, connect(server.url) as api:
        Repository(api, "team/app").push_blob(b"a layer, and no manifest after it")
    shutil.rmtree(tmp_path, ignore_errors=True)  # a replica keeps nothing on its disk
    push(tmp_path, env)
