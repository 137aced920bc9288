"""GET and HEAD of blobs (end-2): whole, in ranges, under conditions, and only where they were pushed to."""

import pytest
from tests.integration.oci import Document, Repository, descriptor, digest_of, refusal

TEN = b"0123456789"
# More than one read of the server, and no multiple of anything.
LARGE = bytes(range(251)) * 12_001
OTHER_DIGEST = digest_of(b"another blob")


@pytest.fixture
def ten(repo: Repository) -> Document:
    return repo.push_blob(TEN)


def test_get_sends_the_blob_and_what_is_known_about_it(repo: Repository, ten: Document) -> None:
    response = repo.blob(ten)
    assert response.status_code == 200
    assert response.content == TEN
    assert response.headers["Docker-Content-Digest"] == ten["digest"]
    assert response.headers["Content-Length"] == "10"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["ETag"] == f'"{ten["digest"]}"'
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_blob_may_be_kept_for_ever(repo: Repository, ten: Document) -> None:
    assert repo.blob(ten).headers["Cache-Control"] == "max-age=31536000, immutable"


def test_head_has_the_headers_of_get_and_no_body(repo: Repository, ten: Document) -> None:
    head, get = repo.api.head(f"{repo.url}/blobs/{ten['digest']}"), repo.blob(ten)
    assert (head.status_code, head.content) == (200, b"")
    assert _without_date(head.headers) == _without_date(get.headers)


def _without_date(headers: object) -> dict[str, str]:
    return {name: value for name, value in dict(headers).items() if name != "date"}  # type: ignore[call-overload]


@pytest.mark.parametrize("data", [b"", TEN, LARGE])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_of_any_size_comes_back_as_it_was(repo: Repository, data: bytes, algorithm: str) -> None:
    blob = repo.push_blob(data, algorithm=algorithm)
    response = repo.blob(blob)
    assert response.content == data
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Docker-Content-Digest"] == digest_of(data, algorithm)


@pytest.mark.parametrize(
    ("asked", "answered", "content"),
    [
        ("bytes=0-0", "bytes 0-0/10", b"0"),
        ("bytes=3-5", "bytes 3-5/10", b"345"),
        ("bytes=0-9", "bytes 0-9/10", TEN),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-99", "bytes 0-9/10", TEN),
        ("bytes=4-99", "bytes 4-9/10", b"456789"),
        ("bytes=4-18446744073709551615", "bytes 4-9/10", b"456789"),
    ],
)
def test_a_range_is_sent_by_itself(repo: Repository, ten: Document, asked: str, answered: str, content: bytes) -> None:
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers={"Range": asked})
    assert (response.status_code, response.content) == (206, content)
    assert response.headers["Content-Range"] == answered
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Docker-Content-Digest"] == ten["digest"]
    assert response.headers["ETag"] == f'"{ten["digest"]}"'


@pytest.mark.parametrize(("first", "last"), [(1, len(LARGE) - 2), (1 << 20, 1 << 21), (1_000_003, 3_000_000)])
def test_a_range_may_span_many_reads(repo: Repository, first: int, last: int) -> None:
    blob = repo.push_blob(LARGE)
    response = repo.api.get(f"{repo.url}/blobs/{blob['digest']}", headers={"Range": f"bytes={first}-{last}"})
    assert response.status_code == 206
    assert response.content == LARGE[first : last + 1]


@pytest.mark.parametrize(
    "asked",
    ["bytes=10-", "bytes=10-10", "bytes=99-100", "bytes=-0", "bytes=5-3", "bytes=18446744073709551615-"],
)
def test_a_range_that_the_blob_does_not_have_is_unsatisfiable(repo: Repository, ten: Document, asked: str) -> None:
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers={"Range": asked})
    assert response.headers.get("Content-Range") == "bytes */10"
    assert refusal(response).status == 416


def test_an_empty_blob_has_no_range(repo: Repository) -> None:
    blob = repo.push_blob(b"")
    response = repo.api.get(f"{repo.url}/blobs/{blob['digest']}", headers={"Range": "bytes=0-"})
    assert response.headers["Content-Range"] == "bytes */0"
    assert refusal(response).status == 416


def test_the_last_bytes_of_an_empty_blob_are_none(repo: Repository) -> None:
    blob = repo.push_blob(b"")
    response = repo.api.get(f"{repo.url}/blobs/{blob['digest']}", headers={"Range": "bytes=-5"})
    assert (response.status_code, response.content) == (200, b"")
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=a-b", "0-1", "bytes=1-2-3", "bytes=+1-2"]
)
def test_what_is_not_one_range_of_bytes_is_ignored(repo: Repository, ten: Document, asked: str) -> None:
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers={"Range": asked})
    assert (response.status_code, response.content) == (200, TEN)
    assert "Content-Range" not in response.headers


def test_head_ignores_a_range(repo: Repository, ten: Document) -> None:
    response = repo.api.head(f"{repo.url}/blobs/{ten['digest']}", headers={"Range": "bytes=99-"})
    assert (response.status_code, response.headers["Content-Length"]) == (200, "10")


def test_a_range_is_sent_if_the_client_has_a_part_of_the_same_blob(repo: Repository, ten: Document) -> None:
    headers = {"Range": "bytes=3-5", "If-Range": f'"{ten["digest"]}"'}
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers=headers)
    assert (response.status_code, response.content) == (206, b"345")


# A weak validator never matches If-Range, and no date is known (RFC 9110 section 13.1.5).
@pytest.mark.parametrize(
    "validator", [f'"{OTHER_DIGEST}"', f'W/"{digest_of(TEN)}"', "Tue, 24 Nov 2026 13:05:29 GMT", "nonsense"]
)
def test_all_is_sent_if_the_client_has_a_part_of_something_else(
    repo: Repository, ten: Document, validator: str
) -> None:
    headers = {"Range": "bytes=3-5", "If-Range": validator}
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers=headers)
    assert (response.status_code, response.content) == (200, TEN)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", ['"{}"', 'W/"{}"', '"x", "{}"', "*"])
def test_a_client_that_has_the_blob_is_told_so(repo: Repository, ten: Document, method: str, known: str) -> None:
    headers = {"If-None-Match": known.format(ten["digest"]), "Range": "bytes=3-5"}
    response = repo.api.request(method, f"{repo.url}/blobs/{ten['digest']}", headers=headers)
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == f'"{ten["digest"]}"'
    assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("known", [f'"{OTHER_DIGEST}"', digest_of(TEN), "", '"'])
def test_a_client_that_has_something_else_gets_the_blob(repo: Repository, ten: Document, known: str) -> None:
    response = repo.api.get(f"{repo.url}/blobs/{ten['digest']}", headers={"If-None-Match": known})
    assert (response.status_code, response.content) == (200, TEN)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_blob_is_not_found_where_it_was_not_pushed_to(repo: Repository, ten: Document, method: str) -> None:
    other = Repository(repo.api)
    other.push_blob(b"so that the repository is known")
    assert repo.blob(ten).status_code == 200  # so that the server has just seen it
    for place in (other, Repository(repo.api)):
        assert repo.api.request(method, f"{place.url}/blobs/{ten['digest']}").status_code == 404
    assert refusal(other.blob(ten)).code == "BLOB_UNKNOWN"


def test_a_condition_does_not_reveal_a_blob_of_another_repository(repo: Repository, ten: Document) -> None:
    other = Repository(repo.api)
    response = repo.api.get(f"{other.url}/blobs/{ten['digest']}", headers={"If-None-Match": "*"})
    assert refusal(response).code == "BLOB_UNKNOWN"


def test_a_blob_that_nobody_pushed_is_not_found(repo: Repository, ten: Document) -> None:
    assert ten["digest"] != OTHER_DIGEST
    error = refusal(repo.blob({"digest": OTHER_DIGEST}))
    assert (error.status, error.code) == (404, "BLOB_UNKNOWN")
    assert OTHER_DIGEST in error.message


def test_a_blob_is_found_only_by_the_digest_under_which_it_was_pushed(repo: Repository, ten: Document) -> None:
    assert repo.blob(ten).status_code == 200
    assert repo.blob(descriptor(TEN, "", "sha512")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "digest",
    [
        "sha256:abc",
        "sha256:",
        digest_of(TEN).upper(),
        digest_of(TEN)[:-1] + "G",
        digest_of(TEN) + "0",
        "sha512:" + digest_of(TEN)[7:],
        "md5:" + "0" * 32,
        "nonsense",
    ],
)
def test_what_is_no_digest_is_refused(repo: Repository, method: str, digest: str) -> None:
    assert repo.api.request(method, f"{repo.url}/blobs/{digest}").status_code == 400
    assert refusal(repo.api.get(f"{repo.url}/blobs/{digest}")).code == "DIGEST_INVALID"
