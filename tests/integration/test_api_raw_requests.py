"""What no HTTP library would send: several requests at once, trailers, and what is no request."""

import pytest
from tests.integration.answers import all_of, statuses
from tests.integration.oci import Repository, answer, digest_of, head, read_refusal, wire
from tests.integration.server import Server

# No server needs to read more before it knows that nothing sensible comes.
ENDLESS = 4 << 20


def test_garbage_after_a_request_is_refused_and_is_no_part_of_it(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", location, "Content-Length: 5") + b"12345")
        assert answer(connection)[0].status == 202
        connection.sendall(b"and some garbage\r\n\r\n")
        assert statuses(connection) == [400]
    assert repo.api.get(location).headers["Range"] == "0-4"


def test_garbage_together_with_a_request_is_no_part_of_it(repo: Repository, shared_server: Server) -> None:
    target = f"{repo.start_upload()}?digest={digest_of(b'12345and some garbage')}"
    with wire(shared_server) as connection:
        connection.sendall(head("PUT", target, "Content-Length: 5") + b"12345and some garbage\r\n\r\n")
        assert set(statuses(connection)) == {400}
    assert repo.blob({"digest": digest_of(b"12345and some garbage")}).status_code == 404


def test_requests_may_be_sent_before_the_answers_are_read(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", location, "Content-Length: 2") + b"12" + head("GET", location))
        connection.sendall(head("GET", "/v2/nothing") + head("GET", "/v2/", "Connection: close"))
        assert statuses(connection) == [202, 204, 404, 200]


def test_blobs_asked_for_at_once_come_one_after_the_other(repo: Repository, shared_server: Server) -> None:
    first, second = repo.push_blob(b"1" * 3_000_000), repo.push_blob(b"2" * 70)
    targets = [f"{repo.url}/blobs/{blob['digest']}" for blob in (first, second, first)]
    with wire(shared_server) as connection:
        asked = [head("GET", targets[0]), head("GET", targets[1]), head("HEAD", targets[2])]
        connection.sendall(b"".join([*asked, head("GET", targets[2], "Range: bytes=5-9", "Connection: close")]))
        received = all_of(connection)
    parts = [part.partition(b"\r\n\r\n") for part in received.split(b"HTTP/1.1 ")[1:]]
    assert [part[0][:3] for part in parts] == [b"200", b"200", b"200", b"206"]
    assert [part[2] for part in parts] == [b"1" * 3_000_000, b"2" * 70, b"", b"1" * 5]


def test_a_client_that_reads_slowly_holds_nobody_up_and_gets_everything(
    repo: Repository, shared_server: Server
) -> None:
    data = bytes(range(256)) * 100_000
    blob = repo.push_blob(data)
    with wire(shared_server) as connection:
        connection.sendall(head("GET", f"{repo.url}/blobs/{blob['digest']}", "Connection: close"))
        received = connection.recv(1000)
        for _ in range(20):
            assert repo.api.get(f"{repo.url}/blobs/{blob['digest']}", headers={"Range": "bytes=0-9"}).status_code == 206
            received += connection.recv(1000)
        received += all_of(connection)
    assert received.partition(b"\r\n\r\n")[2] == data


def test_a_connection_goes_on_after_a_body_that_was_refused_unread(repo: Repository, shared_server: Server) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("PATCH", repo.uploads + "unknown", "Content-Length: 300000") + b"x" * 300_000)
        connection.sendall(head("GET", "/v2/", "Connection: close"))
        assert statuses(connection) == [404, 200]


def test_an_old_client_is_answered(repo: Repository, shared_server: Server) -> None:
    blob = repo.push_blob(b"pulled")
    with wire(shared_server) as connection:
        connection.sendall(f"GET {repo.url}/blobs/{blob['digest']} HTTP/1.0\r\n\r\n".encode())
        assert answer(connection)[1] == b"pulled"
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    "target", ["/v2/%c3%28/b/tags/list", "/v2/a/b/manifests/%c3%28", "/v2/a/b/tags/list?last=%c3%28"]
)
def test_escapes_that_are_no_text_are_refused_by_the_registry(shared_server: Server, target: str) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("GET", target))
        response, body = answer(connection)
    assert read_refusal(response.status, str(response.getheader("Content-Type")), body).status in (400, 404)


ENDLESS_TAILS = {
    "trailers": b"0\r\n" + b"X: y\r\n" * (ENDLESS // 6),
    "one trailer": b"0\r\nX: " + b"y" * ENDLESS,
    "chunk extension": b"1;x=" + b"y" * ENDLESS,
}


@pytest.mark.parametrize("tail", ENDLESS_TAILS.values(), ids=ENDLESS_TAILS.keys())
def test_a_chunked_body_that_does_not_end_is_cut(repo: Repository, shared_server: Server, tail: bytes) -> None:
    start = head("PUT", f"{repo.url}/manifests/1.0", "Transfer-Encoding: chunked")
    with wire(shared_server) as connection:
        try:
            connection.sendall(start + tail)
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            pass  # the end comes as a reset, or as the end of what the server sends; a time-out is none
    assert repo.api.get("/v2/").status_code == 200


@pytest.mark.parametrize("apart", [False, True], ids=["in one packet", "in many"])
@pytest.mark.parametrize("field", ["Content-Range: 100-104", "Content-Range: nonsense"])
def test_trailer_fields_change_nothing(repo: Repository, shared_server: Server, field: str, *, apart: bool) -> None:
    location = repo.start_upload()
    request = head("PATCH", location, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n"
    trailers = f"0\r\n{field}\r\n\r\n".encode()
    with wire(shared_server) as connection:
        connection.sendall(request if apart else request + trailers)
        if apart:
            repo.api.get("/v2/")  # answered after the server has seen what was sent before
            connection.sendall(trailers)
        assert answer(connection)[0].status == 202
    assert repo.api.get(location).headers["Range"] == "0-4"


def test_requests_that_pile_up_are_cut(repo: Repository, shared_server: Server) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("GET", "/v2/") * 2000)
        answers = b""
        try:
            while received := connection.recv(1 << 16):
                answers += received
        except ConnectionError:
            pass
    assert answers.count(b"HTTP/1.1 200") < 2000
    assert repo.api.get("/v2/").status_code == 200


def test_the_body_of_a_request_to_upgrade_is_never_taken_for_a_request(repo: Repository, shared_server: Server) -> None:
    location = repo.start_upload()
    smuggled = head("GET", "/v2/", "Connection: close")
    for length in (f"Content-Length: {len(smuggled)}", "Transfer-Encoding: chunked"):
        with wire(shared_server) as connection:
            connection.sendall(head("PATCH", location, "Connection: Upgrade", "Upgrade: h2c", length))
            connection.sendall(smuggled)
            assert statuses(connection) == [400]
    assert repo.api.get(location).headers["Range"] == "0-0"


def test_a_request_to_upgrade_is_answered_as_if_it_did_not_ask(shared_server: Server) -> None:
    with wire(shared_server) as connection:
        connection.sendall(head("GET", "/v2/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"))
        assert statuses(connection) == [200]
    assert "pip install" not in shared_server.log_tail()
