"""What holds for connections holds for those that the protocol answers: order, patience, back-pressure, the end."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from tests.integration.oci import eventually
from tests.unit.hot_server import ALICE, DATE, DIGEST, IMAGE, REPOSITORY, TAG, HotServer

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
CLOSE = (b"connection", b"close")
SHORT = 0.3


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HotServer]:
    with HotServer(tmp_path, LOOPS[request.param]) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        server.asked.clear()
        yield server


def test_requests_sent_at_once_are_answered_in_their_order(server: HotServer) -> None:
    asked = [("GET", TAG), ("GET", "/v2/"), ("HEAD", TAG), ("GET", f"{REPOSITORY}/tags/list"), ("GET", TAG)] * 9
    with server.wire() as wire:
        wire.socket.sendall("".join(f"{m} {t} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n" for m, t in asked).encode())
        answers = [wire.answer(method) for method, _ in asked]
    endings = {TAG: IMAGE, "/v2/": b"\r\n\r\n{}", f"{REPOSITORY}/tags/list": b"]}"}
    for (method, target), answer in zip(asked, answers, strict=True):
        assert answer.endswith(b"\r\n\r\n" if method == "HEAD" else endings[target]), (method, target)


def test_a_request_that_comes_in_pieces_is_answered(server: HotServer) -> None:
    request = f"GET {TAG} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode()
    with server.wire() as wire:
        for part in (request[:9], request[9:40], request[40:-1], request[-1:]):
            wire.socket.sendall(part)
            time.sleep(0.01)
        assert wire.answer().endswith(IMAGE)
    assert server.asked == []


def test_an_answer_waits_for_the_answer_before_it(server: HotServer) -> None:
    with server.wire() as wire:
        wire.send("POST", f"{REPOSITORY}/blobs/uploads/", ALICE, "Content-Length: 5")
        wire.socket.sendall(b"12345")
        wire.send("GET", TAG, ALICE)
        assert wire.answer().startswith(b"HTTP/1.1 202 ")
        assert wire.answer().endswith(IMAGE)


def test_every_answer_is_counted(server: HotServer) -> None:
    server.call(asyncio.sleep(0))  # an answer arrives before it is counted
    before = server.state.total_requests
    with server.wire() as wire:
        for _ in range(3):
            wire.ask("GET", TAG)
    server.call(asyncio.sleep(0))
    assert server.state.total_requests == before + 3
    assert server.asked == []


def test_a_client_that_does_not_read_piles_nothing_up(server: HotServer) -> None:
    image = IMAGE + b" " * 200_000
    server.push("large", image)
    target = f"{REPOSITORY}/manifests/large"
    assert not server.answers_itself("GET", target)
    assert server.answers_itself("GET", target)
    server.asked.clear()
    with server.wire() as wire:
        request = f"GET {target} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode()
        wire.socket.sendall(request * 60)
        eventually(lambda: server.asked != [])  # the application waits until the client reads
        [connection] = server.state.connections
        assert connection.transport.get_write_buffer_size() < 3 * len(image)
        assert [wire.answer().endswith(image) for _ in range(60)] == [True] * 60


def test_when_the_server_ends_every_answer_says_so(server: HotServer) -> None:
    with server.wire() as wire:
        assert b"connection: close" not in wire.ask("GET", TAG)
        server.state.default_headers = [DATE, CLOSE]
        answer = wire.ask("GET", TAG)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"\r\nconnection: close\r\n" in answer
        assert wire.is_closed()


def test_the_date_of_an_answer_is_that_of_now(server: HotServer) -> None:
    with server.wire() as wire:
        assert b"\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n" in wire.ask("GET", TAG)
        server.state.default_headers = [(b"date", b"Fri, 02 Jan 1970 00:00:00 GMT")]
        assert b"\r\ndate: Fri, 02 Jan 1970 00:00:00 GMT\r\n" in wire.ask("GET", TAG)


def test_an_idle_connection_ends_with_the_servers_patience_for_the_next_request(server: HotServer) -> None:
    server.config.timeout_keep_alive = SHORT  # type: ignore[assignment]  # uvicorn takes whole seconds for no reason
    with server.wire() as wire:
        assert wire.ask("GET", TAG).endswith(IMAGE)
        assert wire.is_closed()
    assert server.asked == []


def test_half_a_request_after_an_answer_is_given_up(server: HotServer) -> None:
    server.config.timeout_keep_alive = SHORT  # type: ignore[assignment]
    with server.wire() as wire:
        wire.socket.sendall(f"GET {TAG} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\nGET /v2/".encode())
        assert wire.answer().endswith(IMAGE)
        assert wire.is_closed()


def test_an_answer_that_is_taken_slowly_is_no_idle_connection(server: HotServer) -> None:
    image = IMAGE + b" " * 2_000_000
    server.push("large", image)
    server.config.timeout_keep_alive = SHORT  # type: ignore[assignment]
    with server.wire() as wire:
        wire.send("GET", f"{REPOSITORY}/manifests/large", ALICE)
        time.sleep(3 * SHORT)
        assert wire.answer().endswith(image)
        assert wire.is_closed()


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_that_is_used_lives_longer_than_the_patience(tmp_path: Path, loop: str) -> None:
    with HotServer(tmp_path, LOOPS[loop], body_timeout=SHORT) as running:
        server = running.fill()
        server.config.timeout_keep_alive = 60
        assert not server.answers_itself("GET", TAG)
        with server.wire() as wire:
            assert wire.ask("GET", TAG)
            time.sleep(2 * SHORT)
            assert wire.ask("GET", TAG).endswith(IMAGE)


def test_a_head_without_end_is_refused_after_an_answer(server: HotServer) -> None:
    with server.wire() as wire:
        assert wire.ask("GET", TAG).endswith(IMAGE)
        wire.socket.sendall(b"GET /v2/ HTTP/1.1\r\nX: " + b"x" * 300_000)
        assert wire.answer().startswith(b"HTTP/1.1 431 ")


def test_many_requests_on_one_connection_are_no_head_without_end(server: HotServer) -> None:
    with server.wire() as wire:
        for _ in range(40):
            assert wire.ask("GET", DIGEST, "X: " + "x" * 10_000).endswith(IMAGE)


def test_nothing_is_said_after_the_last_answer(server: HotServer) -> None:
    image = IMAGE + b" " * 2_000_000
    server.push("large", image)
    server.state.default_headers = [DATE, CLOSE]
    with server.wire() as wire:
        request = f"GET {REPOSITORY}/manifests/large HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n"
        wire.socket.sendall(request.encode() + b"and some garbage\r\n\r\n")
        time.sleep(SHORT)
        assert wire.answer().endswith(image)
        assert wire.is_closed()


def test_an_old_client_is_answered_by_the_application(server: HotServer) -> None:
    with server.wire() as wire:
        wire.send("GET", TAG, ALICE, "Connection: keep-alive", version="1.0")
        assert wire.answer().endswith(IMAGE)
        assert wire.is_closed()
    assert server.asked == [f"GET {TAG}"]


def test_where_requests_are_logged_each_reaches_the_application(tmp_path: Path) -> None:
    with HotServer(tmp_path, asyncio.new_event_loop, access_log=True) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        assert not server.answers_itself("GET", TAG)


def test_without_memory_nothing_is_kept(tmp_path: Path) -> None:
    with HotServer(tmp_path, asyncio.new_event_loop, cache_bytes=0) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        assert not server.answers_itself("GET", TAG)
