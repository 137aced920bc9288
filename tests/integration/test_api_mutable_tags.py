"""Tags that a setting lets move (PIERONE_MUTABLE_TAGS), and that a setting never frees a tag given away before."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.oci import Document, Repository, connect, encode, index_of, refusal
from tests.integration.server import Server

OLD, NEW = index_of(text="old"), index_of(text="new")
PATTERNS = ["team/*:edge", "team/*:pr-?", "sandbox/*:*", "*:latest"]


def allowing(data_dir: Path, patterns: list[str]) -> Server:
    return Server(data_dir, env={"PIERONE_MUTABLE_TAGS": json.dumps(patterns)})


@pytest.fixture(scope="module")
def lenient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with allowing(tmp_path_factory.mktemp("lenient") / "data", PATTERNS) as server:
        yield server


@pytest.fixture
def repo(lenient_server: Server) -> Iterator[Repository]:
    with connect(lenient_server.url) as api:
        yield Repository(api)


def recorded(server: Server, repository: Repository) -> list[tuple[object, ...]]:
    """Kind, tag, digest and previous digest of every change of a repository."""
    query = "SELECT kind, tag, digest, previous FROM events WHERE repository = ? ORDER BY sequence"
    with closing(sqlite3.connect(f"file:{server.data_dir / 'pierone.sqlite'}?mode=ro", uri=True)) as connection:
        return connection.execute(query, (repository.name,)).fetchall()


@pytest.mark.parametrize("tag", ["edge", "pr-7"])
def test_a_tag_that_matches_a_pattern_moves_and_moves_back(repo: Repository, tag: str) -> None:
    for index in (OLD, NEW, NEW, OLD):
        repo.push(tag, index)
        assert repo.manifest(tag).content == encode(index)
    assert repo.tags() == [tag]


@pytest.mark.parametrize("tag", ["edges", "Edge", "pr-10", "1.0"])
def test_a_tag_that_matches_no_pattern_does_not_move(repo: Repository, tag: str) -> None:
    repo.push(tag, OLD)
    assert "immutable" in refusal(repo.put(tag, NEW)).message
    assert repo.manifest(tag).content == encode(OLD)


def test_a_pattern_names_repositories_too(repo: Repository) -> None:
    here, there = Repository(repo.api, f"sandbox/{repo.name}"), Repository(repo.api, f"boxes/{repo.name}")
    for place in (here, there):
        place.push("any", OLD)
    assert here.put("any", NEW).status_code == 201
    assert there.put("any", NEW).status_code == 409


def test_no_pattern_frees_latest(repo: Repository) -> None:
    assert "latest" in refusal(repo.put("latest", OLD)).message


def test_a_tag_that_may_move_must_be_asked_for_again(repo: Repository) -> None:
    repo.push("edge", OLD)
    repo.push("1.0", OLD)
    for method in ("GET", "HEAD"):
        found = [repo.api.request(method, f"{repo.url}/manifests/{tag}").headers for tag in ("edge", "1.0")]
        assert found[0]["Cache-Control"] == "no-cache"
        assert "immutable" in found[1]["Cache-Control"]


def test_every_change_is_recorded_and_nothing_else(repo: Repository, lenient_server: Server) -> None:
    old = repo.push("edge", OLD)["digest"]
    new = repo.push("edge", NEW)["digest"]
    repo.push("edge", NEW)
    repo.push("1.0", OLD)
    refusal(repo.put("1.0", NEW))
    assert recorded(lenient_server, repo) == [
        ("manifest_stored", None, old, None),
        ("tag_bound", "edge", old, None),
        ("manifest_stored", None, new, None),
        ("tag_moved", "edge", new, old),
        ("tag_bound", "1.0", old, None),
    ]


def test_a_move_does_not_make_a_tag_the_latest(repo: Repository) -> None:
    repo.push("edge", OLD)
    repo.push("1.0", OLD)
    repo.push("edge", NEW)
    assert repo.manifest("latest").content == encode(OLD)


def test_many_tags_of_which_one_is_held_move_none(repo: Repository) -> None:
    repo.push("edge", OLD)
    repo.push("1.0", OLD)
    new = repo.push("", NEW)
    url = f"{repo.url}/manifests/{new['digest']}?tag=edge&tag=1.0"
    response = repo.api.put(url, content=encode(NEW), headers={"Content-Type": str(NEW["mediaType"])})
    assert refusal(response).status == 409
    assert repo.manifest("edge").content == encode(OLD)


def push_and_move(server: Server, first: Document, then: Document, name: str = "team/app") -> int:
    """Push one tag twice and return the second status."""
    with connect(server.url) as api:
        repository = Repository(api, name)
        repository.push("edge", first)
        return repository.put("edge", then).status_code


def test_a_tag_first_bound_as_immutable_stays_so_whatever_the_setting_says_later(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as strict:
        assert push_and_move(strict, OLD, NEW) == 409
    with allowing(tmp_path / "data", ["*:*"]) as lenient, connect(lenient.url) as api:
        assert push_and_move(lenient, OLD, NEW) == 409
        assert "immutable" in Repository(api, "team/app").manifest("edge").headers["Cache-Control"]
        assert push_and_move(lenient, OLD, NEW, "team/other") == 201


def test_a_tag_first_bound_as_mutable_stops_moving_while_no_pattern_matches(tmp_path: Path) -> None:
    with allowing(tmp_path / "data", ["*:*"]) as lenient:
        assert push_and_move(lenient, OLD, NEW) == 201
    with Server(tmp_path / "data") as strict, connect(strict.url) as api:
        assert push_and_move(strict, NEW, OLD) == 409
        assert Repository(api, "team/app").manifest("edge").headers["Cache-Control"] == "no-cache"
    with allowing(tmp_path / "data", ["*:*"]) as lenient:
        assert push_and_move(lenient, NEW, OLD) == 201
