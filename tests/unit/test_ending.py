"""Each request has one answer, and each connection an end, whatever an application or a client does in between."""

import asyncio
import gc
import socket
import struct
import threading
import time
import weakref
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.types import Receive, Send
from tests.contracts.processes import PATIENCE, wait_for
from tests.integration.answers import all_of, statuses
from tests.unit.served_app import SHORT, App, served

BEGUN = b"DELETE / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def do(_: Receive, send: Send) -> None:
    """Do what was asked for without a look at the body."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def read(receive: Receive, send: Send) -> None:
    """Do what was asked for if the body is whole."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        await do(receive, send)


async def break_off(_: Receive, send: Send) -> None:
    """Begin an answer that does not end."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"40000")]})
    await send({"type": "http.response.body", "body": bytes(30_000), "more_body": True})
    raise RuntimeError("the application broke off")


async def look_around(receive: Receive, send: Send) -> None:
    """Ask again and again whether the client is still there."""
    for _ in range(50):
        await Request({"type": "http"}, receive).is_disconnected()
        await asyncio.sleep(0.01)
    await do(receive, send)


def said(app: App, *parts: bytes, ends: bool = False) -> list[int]:
    """The statuses of all answers to what is sent in parts, of which the first reaches the application alone."""
    with app.connection() as connection:
        connection.sendall(parts[0])
        wait_for(lambda: app.asked > 0)
        for part in parts[1:]:
            connection.sendall(part)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        threading.Timer(SHORT / 2, app.may_go_on.set).start()
        return statuses(connection)


def test_what_is_done_before_its_body_breaks_is_answered_once() -> None:
    with served(do) as app:
        assert said(app, BEGUN, b"zz\r\n") == [204]


def test_the_answer_to_a_request_whose_body_broke_says_that_it_is_the_last() -> None:
    with served(do) as app, app.connection() as connection:
        connection.sendall(BEGUN)
        wait_for(lambda: app.asked > 0)
        connection.sendall(b"zz\r\n")
        threading.Timer(SHORT / 2, app.may_go_on.set).start()
        assert b"\r\nconnection: close\r\n" in all_of(connection)


def test_what_is_not_done_as_its_body_breaks_is_refused() -> None:
    with served(read) as app:
        assert said(app, BEGUN, b"zz\r\n") == [400]


@pytest.mark.parametrize("ends", [False, True])
def test_a_client_that_has_read_its_refusal_and_hangs_up_is_gone(*, ends: bool) -> None:
    with served(read) as app:
        assert said(app, BEGUN, b"zz\r\n", ends=ends) == [400]
        time.sleep(SHORT)
        assert app.is_alone()


def test_what_broke_before_it_began_is_not_begun() -> None:
    with served(do) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(BEGUN + b"zz\r\n")
        assert statuses(connection) == [400]
        assert app.asked == 0


@pytest.mark.parametrize("count", [1, 3])
def test_a_client_that_ends_its_side_is_answered_what_it_asked(count: int) -> None:
    with served(do) as app:
        assert said(app, GET * count, ends=True) == [204] * count


def test_a_client_that_ends_its_side_within_a_body_is_gone() -> None:
    with served(do) as app:
        assert said(app, BEGUN, ends=True) == []


def test_the_beginning_of_an_answer_waits_for_nobody_for_ever() -> None:
    with served(break_off) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(GET)
        wait_for(lambda: app.asked > 0)
        wait_for(app.is_alone)


def test_the_beginning_of_an_answer_is_sent() -> None:
    with served(break_off) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(GET)
        assert len(all_of(connection).partition(b"\r\n\r\n")[2]) == 30_000


def test_a_body_whose_request_waits_for_another_answer_fills_no_memory() -> None:
    with served(look_around) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(GET + b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (1 << 30))
        sending = threading.Thread(target=send_without_end, args=(connection,))
        sending.start()
        time.sleep(SHORT)
        [server_end] = app.connections
        assert len(server_end.cycle.body) < 1 << 20
        connection.shutdown(socket.SHUT_RDWR)
        sending.join()


def test_a_connection_goes_on_after_requests_that_were_sent_at_once() -> None:
    with served(do) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(GET * 3)
        received = b""
        while received.count(b"\r\n\r\n") < 3:
            received += connection.recv(1000)
        connection.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert statuses(connection) == [204]


def test_nothing_is_kept_of_a_client_that_dies() -> None:
    with served(do, keep_alive=PATIENCE) as app, app.connection() as connection:
        app.may_go_on.set()
        connection.sendall(GET)
        assert connection.recv(1000)
        [server_end] = map(weakref.ref, app.connections)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        wait_for(app.is_alone)
        time.sleep(SHORT)
        gc.collect()
        assert server_end() is None


def send_without_end(connection: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection.sendall(bytes(1 << 20))
