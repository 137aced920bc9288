"""What `docs/operators/backup.md` promises: back up while pushes come in, wipe, restore, pull bit for bit."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.integration.oci import Repository, connect, encode, refusal
from tests.integration.server import Server
from tests.integration.survival.audit import database_path, events

PAGE = (Path(__file__).parents[2] / "docs/operators/backup.md").read_text()
BACKUP, RESTORE = (block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[:2])
REPOSITORY = "team/app"


def run(line: str, data: Path, copy: Path) -> None:
    """Run a line of the page."""
    subprocess.run(["bash", "-ec", line], env=os.environ | {"DATA": str(data), "COPY": str(copy)}, check=True)


@contextmanager
def repository(server: Server) -> Iterator[Repository]:
    """Connect to the repository of these tests."""
    with connect(server.url) as api:
        yield Repository(api, REPOSITORY)


def push(server: Server, tag: str) -> bytes:
    """Push an image with a content of its own; return its manifest."""
    with repository(server) as pushed:
        image = pushed.image(f"of {tag}")
        pushed.push(tag, image)
        return encode(image)


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, bytes]]]:
    """A server that was backed up with a push between any two steps, wiped and restored; what it had at the start."""
    copy: Path = tmp_path_factory.mktemp("copy")
    server = Server(tmp_path_factory.mktemp("backup") / "data")
    with server:
        before = {tag: push(server, tag) for tag in ("1.0", "1.1")}
        for number, line in enumerate(BACKUP):
            run(line, server.data_dir, copy)
            push(server, f"2.{number}")
        server.kill()
    shutil.rmtree(server.data_dir)
    server.data_dir.mkdir()
    for line in RESTORE:
        run(line, server.data_dir, copy)
    with server:
        yield server, before


@pytest.fixture
def team_app(restored: tuple[Server, dict[str, bytes]]) -> Iterator[Repository]:
    with repository(restored[0]) as connected:
        yield connected


def test_everything_that_was_there_before_the_backup_is_pulled_bit_for_bit(
    restored: tuple[Server, dict[str, bytes]], team_app: Repository
) -> None:
    _, before = restored
    assert {tag: team_app.pull(tag) for tag in before} == before


def test_everything_that_the_restored_database_names_is_whole(team_app: Repository) -> None:
    assert [team_app.pull(tag) for tag in team_app.tags()]


def test_a_restored_registry_goes_on_and_its_tags_stay_what_they_are(
    restored: tuple[Server, dict[str, bytes]], team_app: Repository
) -> None:
    server, before = restored
    assert push(server, "3.0") == team_app.pull("3.0")
    assert refusal(team_app.put("1.0", team_app.image("another"))).code == "DENIED"
    assert team_app.pull("1.0") == before["1.0"]


def test_the_restored_log_of_events_is_the_old_one_and_goes_on_without_a_gap(
    restored: tuple[Server, dict[str, bytes]],
) -> None:
    server, before = restored
    push(server, "3.0")
    found = events(server.data_dir)
    assert [event.tag for event in found if event.tag][: len(before)] == [*before]
    assert found[-1].tag == "3.0"


def test_the_restored_database_still_refuses_to_forget(restored: tuple[Server, dict[str, bytes]]) -> None:
    with closing(sqlite3.connect(database_path(restored[0].data_dir))) as connection:
        for table in ("events", "tags", "manifests"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our names
