"""What a server writes about requests, and what it must never write."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.integration.identity_facts import ALICE, basic
from tests.integration.identity_world import World, searched
from tests.integration.oci import Repository, connect, digest_of, eventually
from tests.integration.server import Server

JSON = {"PIERONE_LOG_FORMAT": "json"}
BLOB = b"content" * 1000


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that logs every request."""
    with Server(tmp_path_factory.mktemp("logs") / "data", env={**JSON, "PIERONE_ACCESS_LOG": "true"}) as running:
        yield running


def lines(server: Server, request_id: str) -> list[Mapping[str, object]]:
    """All that was logged of one request; each line of the whole log must be JSON."""
    written = [json.loads(line) for line in server.log.read_text().splitlines()]
    return [line for line in written if line.get("request_id") == request_id]


def test_a_request_is_one_line_that_says_what_was_answered(logging_server: Server) -> None:
    with connect(logging_server.url) as api:
        Repository(api, "team/logged").push_blob(BLOB)
        path = f"/v2/team/logged/blobs/{digest_of(BLOB)}"
        assert api.get(path, params={"x": "y"}, headers={"X-Request-Id": "pull-1"}).content == BLOB
    eventually(lambda: lines(logging_server, "pull-1") != [])
    [line] = lines(logging_server, "pull-1")
    assert (line["event"], line["level"]) == ("request", "info")
    assert (line["method"], line["path"], line["status"], line["bytes"]) == ("GET", path, 200, len(BLOB))
    assert isinstance(line["seconds"], float)
    assert 0 < line["seconds"] < 30


@pytest.mark.parametrize(("request_id", "path"), [("at-once", "/v2/_catalog"), ("beside", "/.well-known/health")])
def test_whoever_answers_it_is_logged_with_its_size(logging_server: Server, request_id: str, path: str) -> None:
    with connect(logging_server.url) as api:
        answered = api.get(path, headers={"X-Request-Id": request_id})
    eventually(lambda: lines(logging_server, request_id) != [])
    [line] = lines(logging_server, request_id)
    assert (line["path"], line["status"], line["bytes"]) == (path, 200, len(answered.content))


@pytest.mark.parametrize(("path", "status"), [("/v2/team/none/manifests/1", 404), ("/nothing", 404)])
def test_an_error_has_the_id_of_its_request(shared_server: Server, path: str, status: int) -> None:
    with connect(shared_server.url) as api:
        api.event_hooks = {}
        given = api.get(path, headers={"X-Request-Id": "mine-1"})
        made = [api.get(path, headers={"X-Request-Id": sent}).headers["X-Request-Id"] for sent in ("", "a b")]
        assert (given.status_code, given.headers["X-Request-Id"]) == (status, "mine-1")
        assert len({*made, "", "a b"}) == 4
        assert "X-Request-Id" not in api.get("/v2/", headers={"X-Request-Id": "mine-2"}).headers


def test_a_failure_is_logged_with_the_id_that_its_caller_saw(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env=JSON) as server, connect(server.url) as api:
        api.event_hooks = {}
        Repository(api, "team/app").push_blob(BLOB)
        next((tmp_path / "data/blobs/sha256").glob("*/*")).unlink()
        answered = api.get(f"/v2/team/app/blobs/{digest_of(BLOB)}")
    assert answered.status_code == 503
    [line] = lines(server, answered.headers["X-Request-Id"])
    assert line["level"] == "error"
    assert "cannot be read now" in str(line["event"])


def test_requests_are_not_logged_unless_asked_for(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env=JSON) as server, connect(server.url) as api:
        assert api.get("/v2/", headers={"X-Request-Id": "quiet"}).status_code == 200
    assert lines(server, "quiet") == []


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_push_leaves_its_caller_in_the_log_and_no_secret(tmp_path: Path, log_format: str) -> None:
    settings = {"PIERONE_ACCESS_LOG": "true", "PIERONE_LOG_LEVEL": "debug", "PIERONE_LOG_FORMAT": log_format}
    for world in searched(World(tmp_path, **settings)):
        world.issue(ALICE, "repository:myteam/app:pull,push")
        world.ask("GET", "/v2/token?account=t0ken-of-bob", basic("oauth2", "t0ken-of-bob"))
        location = world.start_upload(ALICE, "myteam/app")
        assert "pass=" in location
        assert world.ask("PATCH", location, None, BLOB).status_code == 202
        assert world.ask("PUT", f"{location}&digest={digest_of(BLOB)}").status_code == 201
        assert world.ask("GET", "/v2/", "Bearer no-good-at-all").status_code == 401
    written = world.server.log.read_text()
    assert "alice" in written
    assert "PATCH" in written
    assert "pass=" not in written
