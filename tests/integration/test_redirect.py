"""Clients read blobs from S3 by themselves where that is switched on."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.integration.bucket import in_bucket
from tests.integration.oci import Document, Repository, connect, digest_of
from tests.integration.server import Server
from tests.s3 import s3_server

SMALL = b"content of a layer"
# More than one part.
LARGE = bytes(range(256)) * (24 << 10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server whose clients read from S3."""
    with Server(tmp_path_factory.mktemp("redirect") / "data", env=in_bucket(PIERONE_S3_REDIRECT="true")) as running:
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[httpx2.Client]:
    """Connect a client that follows no redirect by itself."""
    with connect(server.url) as client:
        yield client


def get(api: httpx2.Client, repository: Repository, blob: Document, **headers: str) -> httpx2.Response:
    return api.get(f"{repository.url}/blobs/{blob['digest']}", headers=headers)


@pytest.mark.parametrize("content", [SMALL, LARGE, b""], ids=["small", "in parts", "empty"])
def test_a_pull_is_sent_to_the_store_where_no_credentials_are_needed(api: httpx2.Client, content: bytes) -> None:
    repository = Repository(api)
    answer = get(api, repository, repository.push_blob(content))
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["Docker-Content-Digest"] == digest_of(content)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    location = answer.headers["Location"]
    assert location.startswith(s3_server().url)
    assert httpx2.get(location, trust_env=False).content == content


def test_a_range_goes_on_through_the_redirect(api: httpx2.Client) -> None:
    repository = Repository(api)
    blob = repository.push_blob(LARGE)
    answer = get(api, repository, blob, Range="bytes=5000000-5999999")
    assert answer.status_code == 307
    part = httpx2.get(answer.headers["Location"], headers={"Range": "bytes=5000000-5999999"}, trust_env=False)
    assert (part.status_code, part.content) == (206, LARGE[5_000_000:6_000_000])
    assert get(api, repository, blob, Range=f"bytes={len(LARGE)}-").status_code == 416


def test_what_is_not_read_is_not_redirected(api: httpx2.Client) -> None:
    repository = Repository(api)
    blob = repository.push_blob(SMALL)
    head = api.head(f"{repository.url}/blobs/{blob['digest']}")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(SMALL)))
    assert "Location" not in head.headers
    fresh = get(api, repository, blob, **{"If-None-Match": head.headers["ETag"]})
    assert (fresh.status_code, "Location" in fresh.headers) == (304, False)


def test_a_manifest_is_answered_by_the_registry(api: httpx2.Client) -> None:
    repository = Repository(api)
    repository.push("1", repository.image())
    assert repository.manifest("1").status_code == 200


def test_a_blob_of_another_repository_is_not_found_through_this_one(api: httpx2.Client) -> None:
    blob = Repository(api).push_blob(SMALL)
    assert get(api, Repository(api), blob).status_code == 404


def test_whoever_may_not_pull_learns_no_address(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(json.dumps({}))
    locked = in_bucket(PIERONE_S3_REDIRECT="true", PIERONE_USERS_FILE=str(tmp_path / "users.json"))
    with Server(tmp_path / "data", env=locked) as server, connect(server.url) as api:
        answer = api.get(f"/v2/team/app/blobs/{digest_of(SMALL)}")
    assert (answer.status_code, "Location" in answer.headers) == (401, False)


def test_without_redirects_the_registry_streams_from_the_store(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env=in_bucket()) as server, connect(server.url) as api:
        repository = Repository(api)
        blob = repository.push_blob(LARGE)
        whole, part = get(api, repository, blob), get(api, repository, blob, Range="bytes=1-3")
    assert (whole.status_code, whole.content) == (200, LARGE)
    assert (part.status_code, part.content) == (206, LARGE[1:4])
