"""`pierone-server db upgrade`, and servers on a PostgreSQL database: what they tell, and that they are one registry."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.integration.oci import Repository, connect
from tests.integration.server import Server
from tests.postgres import shared_postgres

PATIENCE = 30


def run(*arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIERONE_")}
    variables |= {"PIERONE_DATABASE_URL": url} if url else {}
    program = [sys.executable, "-m", "pierone_http", *arguments]
    ended = subprocess.run(program, env=variables, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "Traceback" not in ended.stderr
    return ended


@pytest.fixture
def empty() -> str:
    """Begin a database without any table."""
    return shared_postgres().database(migrated=False)


def test_an_upgrade_is_done_once_and_may_be_repeated(empty: str) -> None:
    assert "no schema or an older one: run `pierone-server db upgrade`" in run("serve", "--port", "0", url=empty).stderr
    first, second = run("db", "upgrade", url=empty), run("db", "upgrade", url=empty)
    assert (first.returncode, first.stdout) == (0, "the database has the newest schema now\n")
    assert (second.returncode, second.stdout) == (0, "the database had the newest schema already\n")


def test_without_a_database_there_is_nothing_to_upgrade() -> None:
    ended = run("db", "upgrade")
    assert ended.returncode == 1
    assert "PIERONE_DATABASE_URL is not set" in ended.stderr


def test_a_database_that_does_not_answer_is_told_with_its_cause_and_without_the_password() -> None:
    for command in (("db", "upgrade"), ("serve", "--port", "0")):
        ended = run(*command, url="postgresql://pier:a-secret-word@127.0.0.1:1/registry")
        assert ended.returncode == 1
        assert "database" in ended.stderr
        assert "a-secret-word" not in ended.stdout + ended.stderr
        assert "Connection refused" in ended.stderr


def test_a_database_that_does_not_exist_is_told_by_its_name() -> None:
    url = shared_postgres().url("no_such_registry")
    assert 'database "no_such_registry" does not exist' in run("serve", "--port", "0", url=url).stderr


def test_help_tells_of_the_command_and_shows_no_password() -> None:
    assert "upgrade" in run("db", "--help").stdout
    assert (
        "a-secret-word" not in run("serve", "--help", url="postgresql://pier:a-secret-word@127.0.0.1/registry").stdout
    )


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Server]]:
    """Start two servers on one database and one directory of blobs."""
    variables = {"PIERONE_DATABASE_URL": shared_postgres().database()}
    with ExitStack() as running:
        yield [running.enter_context(Server(tmp_path / "data", env=variables)) for _ in range(2)]


def test_what_is_pushed_to_one_server_is_pulled_from_the_other(replicas: list[Server]) -> None:
    first, second = (connect(server.url) for server in replicas)
    with first, second:
        pushed = Repository(first, "team/app")
        image = pushed.push("1.0", pushed.image("one"))
        pulled = Repository(second, "team/app")
        assert pulled.manifest("1.0").headers["Docker-Content-Digest"] == image["digest"]
        assert pulled.manifest("latest").status_code == 200
        assert pulled.tags() == ["1.0"]
        assert pulled.put("1.0", pulled.image("another")).status_code == 409
