"""Bodies come in batches from the parser, bounded, none of it lost."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
import uvicorn
from starlette.requests import Request
from tests.contracts.processes import PATIENCE, wait_for
from tests.unit.body_reader import Reader

from pierone_http.body import BATCH_BYTES
from pierone_http.receiving import ReceivingProtocol, diverted

# What uvloop reads at once.
READ_BYTES = 256 << 10
STANDING = 300
# Connections that have their answer, and what comes of a body in one reading, so that somebody has it.
IDLE, UNREAD_BYTES = 40, 200_000
HEAD = b"PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    config = uvicorn.Config(reader, http=ReceivingProtocol, loop="uvloop", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader.port = listener.getsockname()[1]
        reader.thread = thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield reader
        server.should_exit = True
        thread.join(PATIENCE)


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 65_000] for start in range(0, len(body), 65_000)]
    head = b"PATCH / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def announced(body: bytes) -> bytes:
    return HEAD % len(body) + body


@pytest.mark.parametrize("request_of", [announced, chunked])
def test_a_body_comes_whole_in_batches(reader: Reader, request_of: Callable[[bytes], bytes]) -> None:
    body = bytes(range(250)) * (5 * BATCH_BYTES // 250)
    with reader.connection() as connection:
        connection.sendall(request_of(body))
        assert connection.recv(100).startswith(b"HTTP/1.1 204")
    assert reader.body == body
    assert len(reader.messages) <= len(body) / BATCH_BYTES + 1


def test_the_bytes_of_a_slow_client_wait_for_no_batch(reader: Reader) -> None:
    with reader.connection() as connection:
        connection.sendall(HEAD % 10 + b"01234")
        wait_for(lambda: reader.body == b"01234")
        connection.sendall(b"56")
        wait_for(lambda: reader.body == b"0123456")
        connection.sendall(b"789")
        assert connection.recv(100).startswith(b"HTTP/1.1 204")
    assert reader.body == b"0123456789"


def test_uploads_that_stand_still_cost_nothing(reader: Reader) -> None:
    with ExitStack() as stack:
        for _ in range(STANDING):
            connection = stack.enter_context(reader.connection())
            connection.sendall(HEAD % 10 + b"0")
        wait_for(lambda: len(reader.messages) == STANDING)
        before = reader.cpu_seconds()
        time.sleep(1)
        assert reader.cpu_seconds() - before < STANDING * 0.0001


def test_what_had_arrived_is_handed_over_before_the_end_of_the_connection_is_told(reader: Reader) -> None:
    reader.may_read.clear()
    with reader.connection() as connection:
        connection.sendall(HEAD % 100 + b"01234")
    reader.may_read.set()
    wait_for(lambda: bool(reader.messages) and reader.messages[-1]["type"] == "http.disconnect")
    assert reader.body == b"01234"
    assert reader.messages[0]["more_body"]


def test_a_client_that_asks_before_it_sends_and_is_gone_is_not_told_to_go_on(reader: Reader) -> None:
    reader.may_read.clear()
    with reader.connection() as connection:
        connection.sendall(HEAD.replace(b"Host", b"Expect: 100-continue\r\nHost") % 5)
    time.sleep(0.1)
    reader.may_read.set()
    wait_for(lambda: [message["type"] for message in reader.messages] == ["http.disconnect"])


def test_who_sends_faster_than_it_is_read_has_to_wait(reader: Reader) -> None:
    reader.may_read.clear()
    body = bytes(32 << 20)
    with reader.connection() as connection:
        sending = threading.Thread(target=connection.sendall, args=(HEAD % len(body) + body,))
        sending.start()
        sending.join(0.3)
        assert sending.is_alive()
        reader.may_read.set()
        assert connection.recv(100).startswith(b"HTTP/1.1 204")
        sending.join(PATIENCE)
    assert len(reader.body) == len(body)
    assert max(len(message["body"]) for message in reader.messages) <= BATCH_BYTES + READ_BYTES


def test_the_next_request_of_a_connection_has_its_own_body(reader: Reader) -> None:
    with reader.connection() as connection:
        for body in (b"first", b"second" * 300_000):
            reader.messages.clear()
            connection.sendall(HEAD % len(body) + body)
            assert connection.recv(100).startswith(b"HTTP/1.1 204")
            assert reader.body == body


def test_requests_that_are_sent_together_have_their_own_bodies(reader: Reader) -> None:
    with reader.connection() as connection:
        connection.sendall(announced(b"first") + chunked(b"second"))
        wait_for(lambda: reader.body == b"firstsecond")
    assert [message["body"] for message in reader.messages] == [b"first", b"second"]


def test_what_has_not_been_read_of_a_body_when_it_breaks_is_dropped(reader: Reader) -> None:
    reader.may_read.clear()
    with reader.connection() as connection:
        connection.sendall(b"PATCH / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n")
        time.sleep(0.1)
        connection.sendall(b"zz\r\n")
        time.sleep(0.1)
        reader.may_read.set()
        assert connection.recv(100).startswith(b"HTTP/1.1 204")
    assert [message["type"] for message in reader.messages] == ["http.disconnect"]


@pytest.mark.parametrize("first", [5, 10])
def test_a_whole_body_is_read_before_what_comes_behind_it_is_refused(reader: Reader, first: int) -> None:
    reader.may_read.clear()
    sent = HEAD % 10 + b"0123456789no request\r\n\r\n"
    with reader.connection() as connection:
        connection.sendall(sent[: len(HEAD % 10) + first])
        time.sleep(0.1)
        connection.sendall(sent[len(HEAD % 10) + first :])
        time.sleep(0.1)
        reader.may_read.set()
        wait_for(lambda: reader.body == b"0123456789")
        assert b"".join(iter(partial(connection.recv, 1000), b"")).count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize("is_diverted", [True, False])
def test_of_a_body_that_was_answered_unread_nothing_is_kept(reader: Reader, *, is_diverted: bool) -> None:
    reader.reads, reader.diverts = False, is_diverted
    reader.may_read.clear()
    with ExitStack() as stack, traced() as held:
        connections = [stack.enter_context(reader.connection()) for _ in range(IDLE)]
        for connection in connections:
            connection.sendall(HEAD % (2 * UNREAD_BYTES) + bytes(UNREAD_BYTES))
        wait_for(lambda: held() > IDLE * UNREAD_BYTES / 2)
        reader.may_read.set()
        for connection in connections:
            assert connection.recv(100).startswith(b"HTTP/1.1 204")
        wait_for(lambda: held() < IDLE * UNREAD_BYTES / 4)


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """How many bytes are held that were not at the beginning."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_without_the_protocol_a_request_is_what_it_was() -> None:
    request = Request({"type": "http"})
    assert diverted(request) is request
