"""Answers that come before their request is whole: one for each request, and the client can read it."""

import socket

import pytest
from tests.integration.answers import all_of, statuses
from tests.integration.oci import Repository, answer, head, wire
from tests.integration.server import Server

CHUNKED = "Transfer-Encoding: chunked"
# More than the kernel keeps, and less than a refused client may go on to send.
SENT_ON = 12 << 20
# Bodies whose beginning is well-formed, and what cannot be the rest of them.
BROKEN = {
    "length": (b"5\r\n01234\r\n", b"zz\r\n"),
    "piece": (b"5\r\n01", b"23456789"),
    "trailers without end": (b"5\r\n01234\r\n0\r\n", b"X: y\r\n" * 60_000),
}


@pytest.mark.parametrize(("begun", "broken"), BROKEN.values(), ids=BROKEN.keys())
def test_what_has_its_answer_is_given_no_other(
    repo: Repository, shared_server: Server, begun: bytes, broken: bytes
) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", repo.uploads + "unknown", CHUNKED) + begun)
        assert answer(connection)[0].status == 404
        connection.sendall(broken)
        assert all_of(connection) == b""


def test_what_comes_behind_a_request_that_was_answered_early_is_another(
    repo: Repository, shared_server: Server
) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", repo.uploads + "unknown", CHUNKED) + b"5\r\n01234\r\n")
        assert answer(connection)[0].status == 404
        connection.sendall(b"0\r\n\r\nand some garbage\r\n\r\n")
        assert statuses(connection) == [400]


def test_a_cancelled_upload_whose_body_breaks_is_answered_once(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    with wire(shared_server) as connection:
        connection.sendall(head("DELETE", location, CHUNKED) + b"5\r\n01234\r\n")
        assert answer(connection)[0].status == 204
        connection.sendall(b"zz\r\n")
        assert all_of(connection) == b""


def test_an_upload_is_not_cancelled_by_what_is_no_request(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    with wire(shared_server) as connection:
        connection.sendall(head("DELETE", location, CHUNKED) + b"5\r\n01234\r\nzz\r\n")
        assert statuses(connection) == [400]
    assert repo.api.get(location).status_code == 204


LAST = {
    "close": head("PATCH", "{}", "Connection: close", f"Content-Length: {SENT_ON}"),
    "chunked": head("PATCH", "{}", "Connection: close", CHUNKED) + b"%x\r\n" % SENT_ON,
    "old client": head("PATCH", "{}", f"Content-Length: {SENT_ON}").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "does not wait": head("PATCH", "{}", "Expect: 100-continue", f"Content-Length: {SENT_ON}"),
}


@pytest.mark.parametrize("request_", LAST.values(), ids=LAST.keys())
def test_a_client_that_reads_when_it_has_sent_its_body_is_told_its_last_answer(
    repo: Repository, shared_server: Server, request_: bytes
) -> None:
    with wire(shared_server) as connection:
        connection.sendall(request_.replace(b"{}", f"{repo.uploads}unknown".encode()))
        repo.api.get("/v2/")  # answered after the server has seen what was sent before
        connection.sendall(bytes(SENT_ON))
        response, _ = answer(connection)
        assert (response.status, response.getheader("Connection")) == (404, "close")
        assert all_of(connection) == b""


def test_a_client_that_ends_its_side_is_answered_what_it_asked(repo: Repository, shared_server: Server) -> None:
    blob = repo.push_blob(b"x" * 20_000_000)
    with wire(shared_server) as connection:
        connection.sendall(head("GET", f"{repo.url}/blobs/{blob['digest']}") + head("GET", f"{repo.url}/tags/list"))
        connection.shutdown(socket.SHUT_WR)
        received = all_of(connection)
    body = received.partition(b"\r\n\r\n")[2].removeprefix(b"x" * 20_000_000)
    assert body.startswith(b"HTTP/1.1 404 ")
    assert b"connection: close\r\n" in body
