"""What the kernel does not take at once is waited for as long as the client takes it, and no longer."""

import asyncio
import random
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvloop
from tests.integration.oci import eventually
from tests.unit.hot_server import ALICE, IMAGE, REPOSITORY, HotServer, Wire

from pierone_http import ending
from pierone_http.hot_protocol import HotProtocol
from pierone_http.kept_answers import BLOB_MAX_BYTES

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
LARGE = IMAGE + b" " * 30_000
GET = f"GET {REPOSITORY}/manifests/large HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode()
OLD = GET.replace(b"HTTP/1.1\r\n", b"HTTP/1.0\r\nConnection: keep-alive\r\n")
SHORT = 0.3


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HotServer]:
    """Start a server that waits little for requests, and nothing else."""
    with HotServer(tmp_path, LOOPS[request.param]) as running:
        yield filled(running)


@pytest.fixture(params=LOOPS)
def impatient(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HotServer]:
    """Start a server that waits little for anything."""
    with HotServer(tmp_path, LOOPS[request.param], body_timeout=SHORT) as running:
        yield filled(running)


def filled(server: HotServer) -> HotServer:
    server.fill().push("large", LARGE)
    server.config.timeout_keep_alive = SHORT  # type: ignore[assignment]  # uvicorn takes whole seconds for no reason
    return server


def ask_without_reading(server: HotServer, wire: Wire) -> int:
    """Ask until the kernel does not take an answer, which is too little for `pause_writing`; how many were asked."""
    [connection] = server.state.connections
    for asked in range(1, 100):
        before = server.state.total_requests
        wire.socket.sendall(GET)
        eventually(lambda before=before: server.state.total_requests > before)  # type: ignore[misc]
        server.call(asyncio.sleep(0.01))
        if connection.transport.get_write_buffer_size():
            assert not connection.flow.write_paused  # type: ignore[union-attr]
            return asked
    raise AssertionError("the kernel takes everything")


def is_alone(server: HotServer) -> bool:
    return not server.state.connections


def test_the_end_of_an_answer_waits_for_a_client_that_reads_late(server: HotServer) -> None:
    with server.wire() as wire:
        asked = ask_without_reading(server, wire)
        time.sleep(4 * SHORT)
        assert all(wire.answer().endswith(LARGE) for _ in range(asked))
        assert wire.is_closed()


def test_the_end_of_an_answer_waits_for_a_client_that_reads_slowly(impatient: HotServer) -> None:
    with impatient.wire() as wire:
        asked = ask_without_reading(impatient, wire)
        size = asked * len(LARGE)
        received = 0
        while received < size and (piece := wire.socket.recv(size // 20)):
            received += len(piece)
            time.sleep(SHORT / 3)
        while piece := wire.socket.recv(1 << 16):
            received += len(piece)
    assert received > size


def test_a_client_that_reads_nothing_is_given_up(impatient: HotServer) -> None:
    with impatient.wire() as wire:
        ask_without_reading(impatient, wire)
        eventually(lambda: is_alone(impatient))


def test_a_connection_that_ends_is_given_up_whatever_was_asked_behind_its_last_answer(impatient: HotServer) -> None:
    with impatient.wire() as wire:
        ask_without_reading(impatient, wire)
        wire.socket.sendall(OLD.replace(b"large", b"1.0") + GET)
        eventually(lambda: is_alone(impatient))


def test_a_refusal_waits_for_a_client_that_reads_late(server: HotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_LINGER_SECONDS", SHORT)
    with server.wire() as wire:
        asked = ask_without_reading(server, wire)
        wire.socket.sendall(b"and some garbage\r\n\r\n")
        time.sleep(4 * SHORT)
        assert all(wire.answer().endswith(LARGE) for _ in range(asked))
        assert wire.answer().startswith(b"HTTP/1.1 400 ")


def test_those_who_do_not_read_hold_one_copy_of_a_small_blob(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(BLOB_MAX_BYTES)  # noqa: S311 - content, not a secret
    with HotServer(tmp_path, uvloop.new_event_loop) as server:
        target = server.fill().push_blob(content)
        assert not server.answers_itself("GET", target)
        assert held_by_unread_answers(server, target, clients=200, asked=3) < 200 * len(content) / 4


def test_those_who_do_not_read_hold_one_copy_of_a_large_manifest(tmp_path: Path) -> None:
    with HotServer(tmp_path, uvloop.new_event_loop) as server:
        large = IMAGE + b" " * (4 << 20)
        server.fill().push("large", large)
        target = f"{REPOSITORY}/manifests/large"
        assert held_by_unread_answers(server, target, clients=20, asked=1) < 20 * len(large) / 4


def held_by_unread_answers(server: HotServer, target: str, clients: int, asked: int) -> int:
    """How many bytes more this process has when so many clients ask so often, and read nothing."""
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode()
    with ExitStack() as stack:
        wires = [stack.enter_context(server.wire()) for _ in range(clients)]
        before = resident_bytes()
        for wire in wires:
            wire.socket.sendall(request * asked)
        eventually(lambda: clients == sum(map(is_behind, server.state.connections)))
        return resident_bytes() - before


def is_behind(connection: asyncio.Protocol) -> bool:
    """Whether the kernel did not take all of its answers."""
    assert isinstance(connection, HotProtocol)
    return connection.transport.get_write_buffer_size() > 0


def resident_bytes() -> int:
    """Memory of this process, in which the server is a thread."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
