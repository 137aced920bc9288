"""Receiving a body: in batches, as long as announced, and never waiting for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import pytest
from starlette.requests import Request
from starlette.types import Message

from pierone_core.errors import BodyStalled, ContentTooLarge, SizeInvalid
from pierone_http.body import BATCH_BYTES, Body, ClientGone

Result = TypeVar("Result")
PART = b"x" * 65_536
HANGS_UP: Message = {"type": "http.disconnect"}
# Patience that no test waits for, and patience that is over at once.
LONG, SHORT = 60.0, 0.01


def part(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


def parts(*data: bytes) -> list[Message]:
    return [part(piece, more=number < len(data)) for number, piece in enumerate(data, start=1)]


def body_of(messages: Iterable[Message], announced: int | None = None, patience: float = LONG) -> Body:
    """Let a client send `messages`, and then nothing."""
    coming = iter(messages)

    async def receive() -> Message:
        message = next(coming, None)
        if message is None:
            await asyncio.Event().wait()
        return message or {}

    return Body(Request({"type": "http", "headers": []}, receive), announced, patience)


async def batches(body: Body) -> list[bytes]:
    received = []
    while batch := await body.batch():
        received.append(batch)
    return received


def run(call: Callable[[], Awaitable[Result]]) -> Result:
    async def wait() -> Result:
        return await call()

    return asyncio.run(wait())


@pytest.mark.parametrize("announced", [None, 6])
def test_small_parts_become_one_batch(announced: int | None) -> None:
    body = body_of(parts(b"one", b"", b"two"), announced)
    assert run(lambda: batches(body)) == [b"onetwo"]
    assert body.ended


@pytest.mark.parametrize("announced", [None, 0])
@pytest.mark.parametrize("messages", [parts(b""), parts(b"", b"", b""), [{"type": "http.request"}]])
def test_an_empty_body_is_no_batch(announced: int | None, messages: list[Message]) -> None:
    body = body_of(messages, announced)
    assert run(lambda: batches(body)) == []
    assert body.ended


def test_a_long_body_comes_in_batches_of_about_a_mebibyte() -> None:
    count = 40
    body = body_of(parts(*[PART] * count), count * len(PART))
    received = run(lambda: batches(body))
    assert b"".join(received) == PART * count
    assert all(BATCH_BYTES <= len(batch) < BATCH_BYTES + len(PART) for batch in received[:-1])
    assert len(received) == 3


def test_nothing_is_received_before_it_is_asked_for() -> None:
    taken = []

    def messages() -> Iterable[Message]:
        for message in parts(*[PART] * 40):
            taken.append(message)
            yield message

    body = body_of(messages())
    run(body.batch)
    assert len(taken) == BATCH_BYTES // len(PART)
    assert not body.ended


def test_after_the_end_there_is_only_nothing() -> None:
    body = body_of(parts(b"all"), 3)
    assert run(lambda: batches(body)) == [b"all"]
    assert run(body.batch) == b""
    assert run(body.batch) == b""


@pytest.mark.parametrize("announced", [0, 2, 3, 5, 10**12])
def test_a_body_of_another_size_than_announced_is_refused(announced: int) -> None:
    body = body_of(parts(b"on", b"e!"), announced)
    with pytest.raises(SizeInvalid, match=f"{announced} bytes were announced, 4 came"):
        run(lambda: batches(body))


def test_a_body_that_is_longer_than_announced_is_refused_before_its_end() -> None:
    body = body_of([part(PART) for _ in range(20)], 100)
    with pytest.raises(SizeInvalid, match="100 bytes were announced"):
        run(body.batch)


@pytest.mark.parametrize("announced", [None, 6])
def test_what_came_before_the_client_hung_up_is_handed_over(announced: int | None) -> None:
    body = body_of([part(b"one"), part(b""), HANGS_UP], announced)
    assert run(body.batch) == b"one"
    for _ in range(2):
        with pytest.raises(ClientGone):
            run(body.batch)
    assert not body.ended


def test_a_client_that_hangs_up_at_once_is_gone() -> None:
    body = body_of([HANGS_UP])
    with pytest.raises(ClientGone):
        run(body.batch)


def test_a_client_that_says_nothing_is_given_up() -> None:
    body = body_of([], patience=SHORT)
    with pytest.raises(BodyStalled, match=r"no byte of the body came for 0\.01 s"):
        run(body.batch)


def test_what_came_before_the_client_stalled_is_handed_over() -> None:
    body = body_of([part(b"one"), part(b"two")], patience=SHORT)
    assert run(body.batch) == b"onetwo"
    with pytest.raises(BodyStalled):
        run(body.batch)


class LoopWithOwnClock(asyncio.SelectorEventLoop):
    """An event loop whose time goes only when it is told to."""

    now = 0.0

    def time(self) -> float:
        return self.now


def test_patience_begins_anew_with_every_byte() -> None:
    with asyncio.Runner(loop_factory=LoopWithOwnClock) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, LoopWithOwnClock)
        coming = iter(parts(b"o", b"n", b"e"))

        async def receive() -> Message:
            loop.now += LONG * 0.9
            for _ in range(3):  # rounds in which the loop may notice that time is over
                await asyncio.sleep(0)
            return next(coming)

        body = Body(Request({"type": "http", "headers": []}, receive), None, LONG)
        assert runner.run(body.batch()) == b"one"


@pytest.mark.parametrize("announced", [None, 10])
def test_a_whole_body_is_received_up_to_the_limit(announced: int | None) -> None:
    body = body_of(parts(b"12345", b"67890"), announced)
    assert run(lambda: body.whole(10)) == b"1234567890"


@pytest.mark.parametrize("announced", [None, 0])
def test_an_empty_body_is_whole(announced: int | None) -> None:
    body = body_of(parts(b""), announced)
    assert run(lambda: body.whole(10)) == b""


def test_a_body_that_is_announced_too_large_is_refused_unseen() -> None:
    body = body_of([], 11)
    with pytest.raises(ContentTooLarge, match="at most 10 bytes") as error:
        run(lambda: body.whole(10))
    assert error.value.detail == {"limit": 10}


@pytest.mark.parametrize("size", [11, BATCH_BYTES - 1, BATCH_BYTES, BATCH_BYTES + 1, 3 * BATCH_BYTES])
def test_a_body_that_turns_out_too_large_is_refused(size: int) -> None:
    pieces = [b"x" * min(len(PART), size - start) for start in range(0, size, len(PART))]
    body = body_of(parts(*pieces))
    with pytest.raises(ContentTooLarge):
        run(lambda: body.whole(10))


def test_a_whole_body_that_breaks_off_is_not_a_body() -> None:
    body = body_of([part(b"one"), HANGS_UP])
    with pytest.raises(ClientGone):
        run(lambda: body.whole(10))
