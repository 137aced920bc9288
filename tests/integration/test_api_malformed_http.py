"""What is no request of HTTP/1.1, or could be read as two: refused as the distribution spec has it, and hung up on."""

import pytest
from tests.integration.answers import statuses
from tests.integration.oci import (
    OCI_MANIFEST,
    Refusal,
    Repository,
    answer,
    digest_of,
    encode,
    head,
    read_refusal,
    wire,
)
from tests.integration.server import Server

TARGET = "/v2/a/b/manifests/1"
# More than is read before the body is asked for, and more than the kernel keeps, which a refused client may still send.
READ, SENT_ON = 3 << 20, 12 << 20
# No server needs to read more before it knows that nothing sensible comes.
ENDLESS = 4 << 20


def refused(server: Server, request: bytes) -> Refusal:
    """Send what must be refused, and read until the server hangs up."""
    with wire(server) as connection:
        connection.sendall(request)
        response, body = answer(connection)
        assert response.getheader("Connection") == "close"
        assert connection.recv(1) == b""
    return read_refusal(response.status, str(response.getheader("Content-Type")), body)


@pytest.mark.parametrize("fields", [("Host: y",), ("Content-Length: 1", "Transfer-Encoding: chunked")])
def test_a_refused_head_has_no_body_in_its_answer(server: Server, fields: tuple[str, ...]) -> None:
    with wire(server) as connection:
        connection.sendall(head("HEAD", "/v2/", *fields))
        answered = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert answered.endswith(b"\r\n\r\n")


def test_what_is_no_request_behind_a_head_is_told_why(server: Server) -> None:
    with wire(server) as connection:
        connection.sendall(head("HEAD", "/.well-known/health") + b"nonsense\r\n\r\n")
        answered = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answered.endswith(b"}")


MALFORMED = {
    "no HTTP": b"nonsense\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "byte in the path": b"GET /v2/\xff/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the path": b"GET /v2/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "byte in the query": b"GET /v2/_catalog?n=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "relative path": b"GET v2/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "long method": b"G" * 700 + b" /v2/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in a header": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "space in a name": b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n",
    "negative length": head("POST", "/v2/a/b/blobs/uploads/", "Content-Length: -1"),
    "word for a length": head("POST", "/v2/a/b/blobs/uploads/", "Content-Length: many"),
    "two lengths": head("POST", "/v2/a/b/blobs/uploads/", "Content-Length: 1", "Content-Length: 2"),
    "list of lengths": head("POST", "/v2/a/b/blobs/uploads/", "Content-Length: 1,2"),
    "huge length": head("PUT", TARGET, "Content-Length: " + "9" * 99),
    "length and pieces": head("PUT", TARGET, "Content-Length: 5", "Transfer-Encoding: chunked"),
    "unknown coding": head("PUT", TARGET, "Transfer-Encoding: nonsense"),
    "length and pieces, the other way": head("PUT", TARGET, "Transfer-Encoding: chunked", "Content-Length: 5"),
    "coding before chunked": head("PUT", TARGET, "Transfer-Encoding: gzip, chunked"),
    "chunked twice": head("PUT", TARGET, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "no coding at all": head("PUT", TARGET, "Transfer-Encoding: identity"),
    "pieces in HTTP/1.0": b"PUT /v2/a/b/manifests/1 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "piece without a length": head("PATCH", "/v2/a/b/blobs/uploads/1", "Transfer-Encoding: chunked") + b"zz\r\n",
    "no host": b"GET /v2/ HTTP/1.1\r\n\r\n",
    "two hosts": head("GET", "/v2/", "Host: y"),
    "no name of a host": b"GET /v2/ HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "HTTP/2": b"GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /v2/\r\n\r\n",
    "a tunnel": head("CONNECT", "x:443"),
    "no path": head("GET", "http://x"),
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_http_is_refused_and_the_server_goes_on(
    repo: Repository, shared_server: Server, request_: bytes
) -> None:
    error = refused(shared_server, request_)
    assert (error.status, error.code) == (400, "UNSUPPORTED")
    assert "HTTP/1.1" in error.message or "Host header" in error.message or "coding" in error.message
    assert repo.api.get("/v2/").status_code == 200


def test_what_is_refused_is_not_done_in_part(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    assert refused(shared_server, head("PATCH", location, "Transfer-Encoding: gzip, chunked") + b"1\r\nx").status == 400
    assert repo.api.get(location).headers["Range"] == "0-0"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_client_that_sends_on_is_refused_so_that_it_can_read_why(
    repo: Repository, shared_server: Server, method: str
) -> None:
    target = TARGET if method == "PUT" else repo.start_upload()
    body = b"%x\r\n%b\r\nzz\r\n" % (READ, bytes(READ))
    request = head(method, target, "Transfer-Encoding: chunked") + body + bytes(SENT_ON)
    assert refused(shared_server, request).status == 400


def test_what_is_done_is_answered_before_what_comes_behind_it_is_refused(
    repo: Repository, shared_server: Server
) -> None:
    data = encode(repo.image())
    request = head("PUT", f"{repo.url}/manifests/1.0", f"Content-Type: {OCI_MANIFEST}", f"Content-Length: {len(data)}")
    with wire(shared_server) as connection:
        connection.sendall(request + data + b"GARBAGE\x00\r\n\r\n")
        assert statuses(connection) == [201, 400]
    assert repo.manifest("1.0").status_code == 200
    assert "Traceback" not in shared_server.log_tail()


def test_what_cannot_be_read_is_refused_after_all_answers_before_it(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    broken = head("PATCH", location, "Transfer-Encoding: chunked") + b"5\r\n12345\r\nzz\r\n"
    for last in (b"and some garbage\r\n\r\n", broken):
        with wire(shared_server) as connection:
            connection.sendall(head("GET", "/v2/") * 3 + last)
            assert statuses(connection) == [200, 200, 200, 400]
    assert repo.api.get(location).headers["Range"] == "0-0"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED"])
def test_a_coding_is_named_in_any_case(repo: Repository, shared_server: Server, coding: str) -> None:
    target = f"{repo.start_upload()}?digest={digest_of(b'12345')}"
    with wire(shared_server) as connection:
        connection.sendall(head("PUT", target, f"Transfer-Encoding: {coding}") + b"5\r\n12345\r\n0\r\n\r\n")
        assert answer(connection)[0].status == 201


def test_a_target_that_is_too_long_is_refused(shared_server: Server) -> None:
    for target in ("/v2/" + "a" * 65_532, "/v2/?n=" + "a" * 200_000):
        error = refused(shared_server, head("GET", target))
        assert (error.status, error.code) == (414, "UNSUPPORTED")
        assert "65535 bytes" in error.message


HEADS_WITHOUT_END = {
    "path": b"GET /v2/" + b"a" * ENDLESS,
    "query": b"GET /v2/?" + b"a" * ENDLESS,
    "one header": b"GET /v2/ HTTP/1.1\r\nX: " + b"x" * ENDLESS,
    "many headers": b"GET /v2/ HTTP/1.1\r\n" + b"X: y\r\n" * (ENDLESS // 6),
}


@pytest.mark.parametrize("head", HEADS_WITHOUT_END.values(), ids=HEADS_WITHOUT_END.keys())
def test_a_head_without_end_is_refused_so_that_the_client_can_read_why(
    repo: Repository, shared_server: Server, head: bytes
) -> None:
    error = refused(shared_server, head)
    assert (error.status, error.code) == (431, "UNSUPPORTED")
    assert "262144 bytes" in error.message
    assert repo.api.get("/v2/").status_code == 200


def test_nothing_is_said_in_the_middle_of_another_answer(repo: Repository, shared_server: Server) -> None:
    blob = repo.push_blob(b"x" * 20_000_000)
    with wire(shared_server) as connection:
        connection.sendall(head("GET", f"{repo.url}/blobs/{blob['digest']}"))
        received = connection.recv(1 << 16)
        connection.sendall(b"nonsense\r\n\r\n")
        while more := connection.recv(1 << 16):
            received += more
    body = received.partition(b"\r\n\r\n")[2].removeprefix(b"x" * 20_000_000)
    assert body.startswith(b"HTTP/1.1 400 ")


PLACES = {"//v2/": "GET", "//v2/a/b/tags/list": "GET", "///v2": "PUT", "http://x/v2/nothing": "GET", "*": "OPTIONS"}


@pytest.mark.parametrize(("target", "method"), PLACES.items())
def test_a_target_that_is_no_endpoint_is_refused_as_clients_of_the_registry_know_it(
    shared_server: Server, target: str, method: str
) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head(method, target))
        response, body = answer(connection)
    error = read_refusal(response.status, str(response.getheader("Content-Type")), body)
    assert (error.status, error.code) == (404, "UNSUPPORTED")


def test_a_target_may_name_the_server(repo: Repository, shared_server: Server) -> None:
    repo.push("1.0", repo.image())
    with wire(shared_server) as connection:
        connection.sendall(head("GET", f"{shared_server.url}{repo.url}/tags/list"))
        assert answer(connection)[0].status == 200
