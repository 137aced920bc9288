"""Uploads that the registry must not take, and that a refusal leaves nothing behind."""

from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import Repository, digest_of, eventually, head, refusal, wire
from tests.integration.server import Server

DATA = b"what was sent"
WRONG = digest_of(b"something else")
UNKNOWN_ID = "6f1a3c0e-0000-4000-8000-000000000000"
BAD_DIGESTS = ["", "nonsense", "sha256:abc", "md5:" + "0" * 32, digest_of(DATA).upper(), "sha512:" + "0" * 64]


class Kept:
    """What a server has on its disk for blobs and uploads, compared with what it had before."""

    def __init__(self, server: Server) -> None:
        """Look at it now."""
        self._root = server.data_dir
        self._before = self._now()

    def nothing_new(self) -> bool:
        """Whether there is no file of a blob or an upload that was not there before."""
        return self._now() <= self._before

    def _now(self) -> set[str]:
        files = [path for place in ("uploads", "blobs") for path in (self._root / place).rglob("*")]
        return {str(path) for path in files if path.is_file()}


@pytest.fixture
def kept(shared_server: Server) -> Kept:
    return Kept(shared_server)


def put(repo: Repository, location: str, digest: str, data: bytes = b"") -> httpx2.Response:
    return repo.api.put(location, params={"digest": digest}, content=data)


@pytest.mark.parametrize("wrong", [WRONG, digest_of(b"something else", "sha512"), digest_of(b"")])
@pytest.mark.parametrize("in_chunks", [True, False])
def test_a_wrong_digest_keeps_nothing(repo: Repository, kept: Kept, wrong: str, *, in_chunks: bool) -> None:
    location = repo.start_upload()
    if in_chunks:
        repo.api.patch(location, content=DATA[:4])
    error = refusal(put(repo, location, wrong, DATA[4:] if in_chunks else DATA))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert wrong in error.message
    assert kept.nothing_new()


def test_after_a_wrong_digest_neither_blob_is_there(repo: Repository) -> None:
    refusal(put(repo, repo.start_upload(), WRONG, DATA))
    for digest in (WRONG, digest_of(DATA)):
        assert repo.blob({"digest": digest}).status_code == 404


def test_after_a_wrong_digest_the_session_is_gone(repo: Repository) -> None:
    location = repo.start_upload()
    refusal(put(repo, location, WRONG, DATA))
    for response in (repo.api.get(location), put(repo, location, digest_of(DATA), DATA), repo.api.delete(location)):
        assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_wrong_digest_does_not_harm_the_blob_that_has_it(repo: Repository) -> None:
    blob = repo.push_blob(b"something else")
    refusal(put(repo, repo.start_upload(), WRONG, DATA))
    assert repo.blob(blob).content == b"something else"


def test_a_single_post_with_a_wrong_digest_keeps_nothing(repo: Repository, kept: Kept) -> None:
    error = refusal(repo.api.post(repo.uploads, params={"digest": WRONG}, content=DATA))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert kept.nothing_new()


@pytest.mark.parametrize("content_range", ["5-17", "bytes 0-12/13", "0-3"])
def test_a_single_post_with_a_range_that_does_not_fit_keeps_nothing(
    repo: Repository, kept: Kept, content_range: str
) -> None:
    headers = {"Content-Range": content_range}
    response = repo.api.post(repo.uploads, params={"digest": digest_of(DATA)}, content=DATA, headers=headers)
    assert refusal(response).status in (400, 416)
    assert kept.nothing_new()


@pytest.mark.parametrize("length", ["Content-Length: 99", "Transfer-Encoding: chunked"])
def test_a_single_post_that_is_broken_off_keeps_nothing(
    repo: Repository, shared_server: Server, kept: Kept, length: str
) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("POST", f"{repo.uploads}?digest={digest_of(DATA)}", length))
        connection.sendall(b"d\r\n" + DATA + b"\r\n" if "chunked" in length else DATA)
        eventually(lambda: not kept.nothing_new())
    eventually(kept.nothing_new)
    assert repo.blob({"digest": digest_of(DATA)}).status_code == 404


@pytest.mark.parametrize("digest", BAD_DIGESTS)
def test_a_closing_put_needs_a_digest_and_may_come_again_with_one(repo: Repository, digest: str) -> None:
    location = repo.start_upload()
    repo.api.patch(location, content=DATA)
    error = refusal(put(repo, location, digest))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert put(repo, location, digest_of(DATA)).status_code == 201


def test_a_closing_put_without_a_digest_says_what_is_missing(repo: Repository) -> None:
    error = refusal(repo.api.put(repo.start_upload(), content=DATA))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert "?digest=" in error.message


@pytest.mark.parametrize("digest", BAD_DIGESTS)
@pytest.mark.parametrize("parameter", ["digest", "mount"])
def test_a_post_with_a_malformed_digest_is_refused(repo: Repository, kept: Kept, parameter: str, digest: str) -> None:
    error = refusal(repo.api.post(repo.uploads, params={parameter: digest}, content=DATA))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert kept.nothing_new()


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "", "SHA256", "sha384", "sha256:"])
def test_an_unsupported_algorithm_is_refused_with_those_that_are(repo: Repository, kept: Kept, algorithm: str) -> None:
    error = refusal(repo.api.post(repo.uploads, params={"digest-algorithm": algorithm}))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    assert "sha256" in error.message
    assert "sha512" in error.message
    assert kept.nothing_new()


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("upload", [UNKNOWN_ID, "1", "%00", "%2e%2e", "x" * 300, "caf%C3%A9", "'--"])
def test_an_unknown_upload_is_unknown(repo: Repository, kept: Kept, method: str, upload: str) -> None:
    url = httpx2.URL(repo.uploads).copy_with(raw_path=f"{repo.uploads}{upload}?digest={WRONG}".encode())
    response = repo.api.request(method, url, content=DATA)
    assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert kept.nothing_new()


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_an_upload_is_unknown_in_every_other_repository(repo: Repository, method: str) -> None:
    location = repo.start_upload()
    repo.api.patch(location, content=DATA)
    other = Repository(repo.api)
    other.push_blob(b"so that the repository is known")
    url = other.uploads + Path(location).name
    response = other.api.request(method, url, params={"digest": digest_of(DATA)}, content=b"")
    assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")

    assert put(repo, location, digest_of(DATA)).status_code == 201
    assert other.blob({"digest": digest_of(DATA)}).status_code == 404


@pytest.mark.parametrize(
    "content_range", ["bytes=0-12", "bytes 0-12/13", "0-12/13", "0-", "-12", "12-0", "a-b", "", "0-12,13-20", "+0-12"]
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_malformed_content_range_is_refused_and_nothing_is_written(
    repo: Repository, method: str, content_range: str
) -> None:
    location = repo.start_upload()
    repo.api.patch(location, content=b"1234")
    headers, query = {"Content-Range": content_range}, {"digest": digest_of(DATA)}
    error = refusal(repo.api.request(method, location, params=query, content=DATA, headers=headers))
    assert (error.status, error.code) == (400, "BLOB_UPLOAD_INVALID")
    assert repo.api.get(location).headers["Range"] == "0-3"


@pytest.mark.parametrize("last", [2, 11, 13, 99])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_content_range_of_another_length_is_refused_and_nothing_is_written(
    repo: Repository, method: str, last: int, *, streamed: bool
) -> None:
    location = repo.start_upload()
    headers, query = {"Content-Range": f"0-{last}"}, {"digest": digest_of(DATA)}
    content = iter([DATA[:1], DATA[1:]]) if streamed else DATA
    response = repo.api.request(method, location, params=query, content=content, headers=headers)
    assert (response.status_code, refusal(response).code) == (400, "SIZE_INVALID")
    repo.api.patch(location, content=DATA, headers={"Content-Range": "0-12"})
    assert repo.api.get(location).headers["Range"] == "0-12"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_only_post_goes_to_the_place_where_uploads_begin(repo: Repository, method: str) -> None:
    response = repo.api.request(method, repo.uploads)
    assert (response.status_code, response.headers.get("Allow")) == (405, "POST")
