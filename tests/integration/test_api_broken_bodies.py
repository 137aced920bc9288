"""Bodies that end too early or are malformed: what arrived may be gone on with, and nothing is published."""

import socket

import pytest
from tests.integration.oci import (
    OCI_INDEX,
    Repository,
    answer,
    digest_of,
    encode,
    eventually,
    head,
    index_of,
    wire,
)
from tests.integration.server import Server

DATA = b"x" * 40
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BROKEN_OFF = {
    "announced": (["Content-Length: 100"], DATA),
    "with a range": (["Content-Length: 100", "Content-Range: 0-99"], DATA),
    "chunked": (["Transfer-Encoding: chunked"], b"28\r\n" + DATA + b"\r\n"),
    "within a piece": (["Transfer-Encoding: chunked"], b"64\r\n" + DATA),
}


def is_left(repo: Repository, location: str, stands: str) -> bool:
    return bool(repo.api.get(location).headers["Range"] == stands)


def send_a_part(repo: Repository, server: Server, request: bytes, part: bytes) -> None:
    """Send the head of a request and a part of its body, and hang up when the server has read it."""
    with wire(server) as connection:
        connection.sendall(request)
        assert connection.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
        connection.sendall(part)
        repo.api.get("/v2/")  # answered after the server has seen what was sent before


@pytest.mark.parametrize(("headers", "part"), BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_an_upload_whose_client_hung_up_goes_on_with_what_arrived(
    repo: Repository, shared_server: Server, headers: list[str], part: bytes
) -> None:
    location = repo.start_upload()
    send_a_part(repo, shared_server, head("PATCH", location, "Expect: 100-continue", *headers), part)
    eventually(lambda: is_left(repo, location, "0-39"))
    rest, query = {"Content-Range": "40-59"}, {"digest": digest_of(b"x" * 60)}
    # The first request lets go of the upload a moment after its bytes are there.
    eventually(lambda: repo.api.patch(location, content=b"x" * 20, headers=rest).status_code == 202)
    assert repo.api.put(location, params=query).status_code == 201


@pytest.mark.parametrize(("headers", "part"), BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_a_closing_put_that_was_broken_off_publishes_nothing(
    repo: Repository, shared_server: Server, headers: list[str], part: bytes
) -> None:
    location = repo.start_upload()
    target = f"{location}?digest={digest_of(DATA)}"
    send_a_part(repo, shared_server, head("PUT", target, "Expect: 100-continue", *headers), part)
    eventually(lambda: is_left(repo, location, "0-39"))
    assert repo.blob({"digest": digest_of(DATA)}).status_code == 404
    eventually(lambda: repo.api.delete(location).status_code == 204)
    assert repo.blob({"digest": digest_of(DATA)}).status_code == 404


@pytest.mark.parametrize("chunked", [True, False])
def test_a_manifest_that_was_broken_off_is_not_taken(repo: Repository, shared_server: Server, *, chunked: bool) -> None:
    data = encode(index_of())
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(data) + 1}"
    request = head("PUT", f"{repo.url}/manifests/1.0", f"Content-Type: {OCI_INDEX}", length)
    with wire(shared_server) as connection:
        connection.sendall(request + (b"%x\r\n%s\r\n" % (len(data), data) if chunked else data))
        connection.shutdown(socket.SHUT_WR)
        assert not connection.recv(99).startswith(b"HTTP/1.1 2")
    assert repo.manifest("1.0").status_code == 404
    assert repo.manifest(digest_of(data)).status_code == 404


@pytest.mark.parametrize("body", [b"5\r\nxxxxx\r\nzz\r\n", b"5\r\nxxxxxxx\r\n0\r\n\r\n", b"-5\r\nxxxxx\r\n0\r\n\r\n"])
def test_a_malformed_piece_ends_the_request_and_publishes_nothing(
    repo: Repository, shared_server: Server, body: bytes
) -> None:
    location = repo.start_upload()
    for target in (f"{location}?digest={digest_of(b'xxxxx')}", f"{repo.url}/manifests/1.0"):
        with wire(shared_server) as connection:
            connection.sendall(head("PUT", target, "Transfer-Encoding: chunked") + body)
            assert answer(connection)[0].status == 400
    assert repo.blob({"digest": digest_of(b"xxxxx")}).status_code == 404
    assert repo.manifest("1.0").status_code == 404


def test_a_client_that_hangs_up_in_a_pull_harms_nobody(repo: Repository, shared_server: Server) -> None:
    blob = repo.push_blob(b"0123456789" * 500_000)
    for _ in range(5):
        with wire(shared_server) as connection:
            connection.sendall(head("GET", f"{repo.url}/blobs/{blob['digest']}"))
            assert connection.recv(100)
    assert len(repo.blob(blob).content) == 5_000_000
