"""Upload sessions (end-4a, 4c, 5, 6, 13, 14): in one piece, streamed, in chunks, resumed, cancelled."""

import re
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import Repository, digest_of, refusal
from tests.integration.server import Server

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.sha256\.[0-9a-f]{32}")
CHUNKS = [b"first,", b"second,", b"third"]
WHOLE = b"".join(CHUNKS)
# Two and a bit of the batches in which the server receives.
LARGE = bytes(range(251)) * 9_001


def patch(repo: Repository, location: str, data: bytes, start: int | None = None) -> httpx2.Response:
    headers = {} if start is None else {"Content-Range": f"{start}-{start + len(data) - 1}"}
    return repo.api.patch(location, content=data, headers=headers)


def finish(
    repo: Repository, location: str, whole: bytes, last: bytes = b"", start: int | None = None
) -> httpx2.Response:
    headers = {} if start is None else {"Content-Range": f"{start}-{start + len(last) - 1}"}
    return repo.api.put(location, params={"digest": digest_of(whole)}, content=last, headers=headers)


def test_a_session_has_a_location_that_the_client_can_go_on_with(repo: Repository) -> None:
    response = repo.api.post(repo.uploads)
    location, upload = response.headers["Location"], response.headers["Docker-Upload-UUID"]
    assert (response.status_code, response.content) == (202, b"")
    assert location == f"{repo.url}/blobs/uploads/{upload}"
    assert ID.fullmatch(upload)
    assert response.headers["Range"] == "0-0"
    assert response.headers["Content-Length"] == "0"


def test_a_session_begins_with_and_without_the_slash_at_the_end(repo: Repository) -> None:
    assert repo.api.post(repo.uploads.rstrip("/")).status_code == 202


def test_a_body_that_comes_with_the_beginning_is_not_part_of_the_upload(repo: Repository) -> None:
    response = repo.api.post(repo.uploads, content=WHOLE)
    assert (response.status_code, response.headers["Range"]) == (202, "0-0")
    assert finish(repo, response.headers["Location"], CHUNKS[0], CHUNKS[0]).status_code == 201


def test_every_session_is_another_one(repo: Repository) -> None:
    first, second = repo.start_upload(), repo.start_upload()
    assert first != second
    patch(repo, first, b"one")
    patch(repo, second, b"two")
    assert finish(repo, first, b"one").status_code == 201
    assert finish(repo, second, b"two").status_code == 201


@pytest.mark.parametrize("data", [b"", WHOLE, LARGE])
def test_a_blob_is_pushed_by_post_and_put(repo: Repository, data: bytes) -> None:
    response = finish(repo, repo.start_upload(), data, data)
    assert response.status_code == 201
    assert response.headers["Docker-Content-Digest"] == digest_of(data)
    assert repo.api.get(response.headers["Location"]).content == data


@pytest.mark.parametrize("data", [b"", WHOLE, LARGE])
def test_a_blob_is_streamed_without_a_length(repo: Repository, data: bytes) -> None:
    location = repo.start_upload()
    response = repo.api.patch(location, content=iter([data[:5], data[5:]]))
    assert "Content-Length" not in response.request.headers
    assert response.status_code == 202
    assert response.headers["Range"] == f"0-{max(len(data) - 1, 0)}"
    response = finish(repo, response.headers["Location"], data)
    assert (response.status_code, repo.blob({"digest": digest_of(data)}).content) == (201, data)


def test_the_closing_put_may_be_streamed_without_a_length(repo: Repository) -> None:
    location = repo.start_upload()
    response = repo.api.put(location, params={"digest": digest_of(LARGE)}, content=iter([LARGE[:9], LARGE[9:]]))
    assert "Content-Length" not in response.request.headers
    assert (response.status_code, repo.api.get(response.headers["Location"]).content) == (201, LARGE)


@pytest.mark.parametrize("last_in_put", [True, False])
@pytest.mark.parametrize("with_range", [True, False])
def test_a_blob_is_pushed_in_chunks(repo: Repository, *, last_in_put: bool, with_range: bool) -> None:
    location, sent = repo.start_upload(), 0
    for chunk in CHUNKS[: 2 if last_in_put else 3]:
        response = patch(repo, location, chunk, sent if with_range else None)
        sent += len(chunk)
        assert (response.status_code, response.headers["Range"]) == (202, f"0-{sent - 1}")
        location = response.headers["Location"]
    last = CHUNKS[2] if last_in_put else b""
    response = finish(repo, location, WHOLE, last, sent if with_range and last else None)
    assert (response.status_code, response.headers["Docker-Content-Digest"]) == (201, digest_of(WHOLE))
    assert repo.api.get(response.headers["Location"]).content == WHOLE


def test_chunks_may_be_larger_than_a_batch(repo: Repository) -> None:
    location, half = repo.start_upload(), len(LARGE) // 2
    assert patch(repo, location, LARGE[:half], 0).status_code == 202
    response = finish(repo, location, LARGE, LARGE[half:], half)
    assert repo.api.get(response.headers["Location"]).content == LARGE


def test_the_status_tells_how_far_an_upload_is(repo: Repository) -> None:
    location = repo.start_upload()
    for sent, expected in [(0, "0-0"), (1, "0-0"), (5, "0-4")]:
        if sent:
            patch(repo, location, b"x" * (1 if sent == 1 else 4))
        response = repo.api.get(location)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["Range"] == expected
        assert response.headers["Location"] == location


@pytest.mark.parametrize("start", [0, 5, 7, 10**17])
@pytest.mark.parametrize("closing", [True, False])
def test_a_chunk_out_of_order_is_refused_and_the_upload_goes_on(repo: Repository, start: int, *, closing: bool) -> None:
    location = repo.start_upload()
    patch(repo, location, CHUNKS[0], 0)
    response = finish(repo, location, WHOLE, WHOLE, start) if closing else patch(repo, location, WHOLE, start)
    error = refusal(response)
    assert (error.status, error.code) == (416, "BLOB_UPLOAD_INVALID")
    assert response.headers["Location"] == location
    assert response.headers["Range"] == "0-5"

    stands = int(response.headers["Range"].removeprefix("0-")) + 1
    assert patch(repo, response.headers["Location"], WHOLE[stands:], stands).status_code == 202
    assert finish(repo, location, WHOLE).status_code == 201


def test_the_first_chunk_must_begin_with_the_first_byte(repo: Repository) -> None:
    location = repo.start_upload()
    response = patch(repo, location, b"abc", 1)
    assert (refusal(response).status, response.headers["Range"]) == (416, "0-0")
    assert repo.api.get(location).headers["Range"] == "0-0"


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_sha512_blob_is_taken_announced_or_not(repo: Repository, *, announced: bool, chunked: bool) -> None:
    location = repo.start_upload({"digest-algorithm": "sha512"} if announced else None)
    if chunked:
        patch(repo, location, WHOLE[:4])
    digest = digest_of(WHOLE, "sha512")
    response = repo.api.put(location, params={"digest": digest}, content=WHOLE[4:] if chunked else WHOLE)
    assert (response.status_code, response.headers["Docker-Content-Digest"]) == (201, digest)
    assert repo.api.get(response.headers["Location"]).content == WHOLE


def test_a_blob_announced_as_sha512_may_be_finished_as_sha256(repo: Repository) -> None:
    location = repo.start_upload({"digest-algorithm": "sha512"})
    patch(repo, location, WHOLE)
    assert finish(repo, location, WHOLE).status_code == 201


def test_a_finished_session_is_gone(repo: Repository) -> None:
    location = repo.start_upload()
    finish(repo, location, WHOLE, WHOLE)
    for response in (repo.api.get(location), patch(repo, location, b"more"), repo.api.delete(location)):
        assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_put_whose_answer_was_lost_may_be_sent_again(repo: Repository) -> None:
    location = repo.start_upload()
    first, again = finish(repo, location, WHOLE, WHOLE), finish(repo, location, WHOLE, WHOLE)
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])


def test_a_put_to_a_finished_session_is_refused_for_a_blob_that_is_not_there(repo: Repository) -> None:
    location = repo.start_upload()
    finish(repo, location, WHOLE, WHOLE)
    error = refusal(finish(repo, location, b"other", b"other"))
    assert (error.status, error.code) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_cancelled_upload_is_gone_with_its_bytes(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    patch(repo, location, WHOLE)
    kept = shared_server.data_dir / "uploads" / Path(location).name
    assert kept.read_bytes() == WHOLE

    response = repo.api.delete(location)
    assert (response.status_code, response.content) == (204, b"")
    assert not kept.exists()
    assert refusal(repo.api.get(location)).code == "BLOB_UPLOAD_UNKNOWN"
    assert refusal(finish(repo, location, WHOLE)).code == "BLOB_UPLOAD_UNKNOWN"


def test_a_session_that_was_never_written_to_is_cancelled(repo: Repository) -> None:
    location = repo.start_upload()
    assert repo.api.delete(location).status_code == 204
    assert refusal(repo.api.get(location)).code == "BLOB_UPLOAD_UNKNOWN"
