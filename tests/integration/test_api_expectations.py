"""`Expect: 100-continue`: clients that ask before they send a body (RFC 9110 section 10.1.1)."""

import socket
import time

import pytest
from tests.integration.answers import statuses
from tests.integration.oci import Repository, answer, digest_of, head, wire
from tests.integration.server import Server

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def first_answer(server: Server, request: bytes) -> bytes:
    with wire(server) as connection:
        connection.sendall(request)
        return connection.recv(1 << 16)


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(repo: Repository, shared_server: Server) -> None:
    target = f"{repo.start_upload()}?digest={digest_of(b'12345')}"
    with wire(shared_server) as connection:
        connection.sendall(head("PUT", target, "Content-Length: 5", "Expect: 100-continue"))
        assert connection.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
        connection.sendall(b"12345")
        assert answer(connection)[0].status == 201


def test_an_old_client_that_asks_is_told_nothing_before_its_answer(repo: Repository, shared_server: Server) -> None:
    target = f"{repo.start_upload()}?digest={digest_of(b'12345')}"
    asking = head("PUT", target, "Content-Length: 5", "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
    with wire(shared_server) as connection:
        connection.sendall(asking)
        time.sleep(0.3)
        connection.sendall(b"12345")
        assert statuses(connection) == [201]


def test_a_client_that_asks_before_it_sends_is_refused_at_once(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    asking = "Expect: 100-continue"
    refusals = {
        head("PATCH", repo.uploads + "unknown", "Content-Length: 5", asking): 404,
        head("PATCH", location, "Content-Length: 5", "Content-Range: 3-7", asking): 416,
        head("PATCH", location, "Content-Length: 5", "Content-Range: 0-7", asking): 400,
        head("PUT", location, "Content-Length: 5", asking): 400,
        head("PUT", f"{repo.url}/manifests/-x", "Content-Length: 5", asking): 400,
        head("PUT", f"{repo.url}/manifests/1.0", f"Content-Length: {9 << 20}", asking): 413,
        head("POST", f"{repo.uploads}?digest=x", "Content-Length: 5", asking): 400,
    }
    for request, status in refusals.items():
        assert first_answer(shared_server, request).startswith(b"HTTP/1.1 %d " % status), request


def test_an_answer_before_the_body_was_asked_for_ends_the_connection(repo: Repository, shared_server: Server) -> None:
    repo.push("1.0", repo.image())
    answers = {
        ("PATCH", repo.uploads + "unknown"): 404,
        ("PUT", "/teams"): 405,
        ("GET", f"{repo.url}/manifests/1.0"): 200,
    }
    for (method, target), status in answers.items():
        with wire(shared_server) as connection:
            connection.sendall(head(method, target, "Content-Length: 5", "Expect: 100-continue"))
            response, _ = answer(connection)
            assert response.status == status
            assert response.getheader("Connection") == "close"
            assert connection.recv(1) == b""


@pytest.mark.parametrize("length", [10, 0])
def test_a_client_that_asks_and_does_not_wait_keeps_its_connection(
    repo: Repository, shared_server: Server, length: int
) -> None:
    asking = head("PATCH", repo.uploads + "unknown", f"Content-Length: {length}", "Expect: 100-continue")
    with wire(shared_server) as connection:
        connection.sendall(asking + b"1" * (length // 2))
        assert answer(connection)[0].getheader("Connection") is None
        connection.sendall(b"1" * (length // 2) + head("GET", "/v2/", "Connection: close"))
        assert statuses(connection) == [200]


def test_a_client_that_was_told_to_go_on_keeps_its_connection(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", location, "Content-Length: 5", "Expect: 100-continue"))
        assert connection.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
        connection.sendall(b"12345" + head("GET", "/v2/", "Connection: close"))
        assert statuses(connection) == [202, 200]
