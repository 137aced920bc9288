"""A small answer leaves in one write, and is the same as in two."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from tests.unit.hot_server import ALICE, DATE, REPOSITORY, HotServer

from pierone_http import whole_answer
from pierone_http.whole_answer import write_whole

LIST = f"{REPOSITORY}/tags/list"
CLOSE = (b"connection", b"close")
FIELDS = [(b"content-length", b"2"), (b"x-a", b"b")]


class Connection:
    """What `write_whole` has to do with, and what became of it."""

    def __init__(self, **facts: object) -> None:
        self.written: list[bytes] = []
        self.done: list[str] = []
        transport = SimpleNamespace(
            writelines=lambda pieces: self.written.append(b"".join(pieces)), close=lambda: self.done.append("closed")
        )
        usual = {
            "default_headers": [DATE],
            "flow": SimpleNamespace(write_paused=False),
            "disconnected": False,
            "more_body": False,
            "keep_alive": True,
            "scope": {"method": "GET"},
            "message_event": asyncio.Event(),
            "on_response": lambda: self.done.append("answered"),
            "transport": transport,
        }
        self.cycle: Any = SimpleNamespace(**usual | facts)

    def write(self, *more: tuple[bytes, bytes]) -> bool:
        return write_whole(self.cycle, 200, [*FIELDS, *more], b"{}")


HEAD = b"HTTP/1.1 200 OK\r\ndate: %b\r\ncontent-length: 2\r\nx-a: b\r\n" % DATE[1]


def test_head_and_body_are_one_write() -> None:
    connection = Connection()
    assert connection.write()
    assert connection.written == [HEAD + b"\r\n{}"]
    assert connection.done == ["answered"]
    assert connection.cycle.response_started
    assert connection.cycle.response_complete
    assert connection.cycle.message_event.is_set()


def test_a_head_alone_has_no_body() -> None:
    connection = Connection(scope={"method": "HEAD"})
    assert connection.write()
    assert connection.written == [HEAD + b"\r\n"]


def test_the_last_answer_of_a_connection_says_so() -> None:
    connection = Connection(keep_alive=False)
    assert connection.write()
    assert connection.written == [HEAD + b"connection: close\r\n\r\n{}"]
    assert connection.done == ["closed", "answered"]


def test_a_server_that_ends_says_so_once() -> None:
    connection = Connection(default_headers=[CLOSE])
    assert connection.write()
    assert connection.written[0].count(b"connection: close") == 1
    assert connection.done == ["closed", "answered"]


BUSY: list[dict[str, object]] = [
    {"disconnected": True},
    {"flow": SimpleNamespace(write_paused=True)},
    {"more_body": True},
]


@pytest.mark.parametrize("fact", BUSY)
def test_nothing_is_written_to_who_takes_nothing_or_is_still_sending(fact: dict[str, object]) -> None:
    connection = Connection(**fact)
    assert not connection.write()
    assert (connection.written, connection.done) == ([], [])


def test_what_could_be_read_as_another_field_is_not_written() -> None:
    connection = Connection()
    assert not connection.write((b"link", b"a\r\nset-cookie: b"))
    assert connection.written == []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HotServer]:
    with HotServer(tmp_path, uvloop.new_event_loop) as running:
        yield running.fill()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("field", ["Connection: close", "Connection: keep-alive", "X-A: b"])
def test_the_answer_is_the_same_as_in_two_writes(
    server: HotServer, monkeypatch: pytest.MonkeyPatch, version: str, method: str, field: str
) -> None:
    def answer() -> tuple[bytes, bool]:
        with server.wire() as wire:
            wire.send(method, LIST, ALICE, field, version=version)
            received = wire.answer(method)
            try:
                wire.send("GET", LIST, ALICE)
                return received, bool(wire.answer())
            except OSError:
                return received, False

    in_one = answer()
    monkeypatch.setattr(whole_answer, "write_whole", lambda *_: False)
    assert answer() == in_one
