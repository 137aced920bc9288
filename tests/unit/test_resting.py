"""A connection rests after a reading of many pieces, and reads on when it has rested, and is not full."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pierone_http.resting import PIECES_FREE, RestingFlow

MANY = PIECES_FREE + 1
# Far longer than the rest after so many pieces.
RESTED_SECONDS = 0.1


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[RestingFlow, asyncio.Transport]]:
    ours, theirs = socket.socketpair()
    with ours:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, theirs)
        yield RestingFlow(transport), transport
        transport.abort()


async def rests_after(pieces: int) -> tuple[bool, bool]:
    """Whether a connection rests, and whether it still does later."""
    async with connection() as (flow, transport):
        flow.rest_after(pieces)
        rests = not transport.is_reading()
        await asyncio.sleep(RESTED_SECONDS)
        return rests, not transport.is_reading()


@pytest.mark.parametrize(("pieces", "rests"), [(PIECES_FREE, False), (MANY, True)])
def test_a_connection_rests_for_a_while_after_many_pieces(pieces: int, *, rests: bool) -> None:
    assert asyncio.run(rests_after(pieces)) == (rests, False)


def test_the_rest_is_as_long_as_the_pieces_are_many() -> None:
    assert asyncio.run(rests_after(20_000)) == (True, True)


def test_nobody_ends_a_rest() -> None:
    async def run() -> None:
        async with connection() as (flow, transport):
            flow.rest_after(MANY)
            flow.pause_reading()
            flow.resume_reading()
            assert not transport.is_reading()
            await asyncio.sleep(RESTED_SECONDS)
            assert transport.is_reading()

    asyncio.run(run())


def test_a_rest_ends_no_other_pause() -> None:
    async def run() -> None:
        async with connection() as (flow, transport):
            flow.pause_reading()
            flow.rest_after(MANY)
            await asyncio.sleep(RESTED_SECONDS)
            assert not transport.is_reading()
            flow.resume_reading()
            assert transport.is_reading()

    asyncio.run(run())


@pytest.mark.parametrize("pieces", [0, MANY])
def test_while_requests_wait_nothing_more_is_read(pieces: int) -> None:
    async def run() -> None:
        async with connection() as (flow, transport):
            flow.rest_after(pieces)
            flow.pause_reading()
            flow.waits = True
            flow.resume_reading()
            assert not transport.is_reading()
            await asyncio.sleep(RESTED_SECONDS)
            assert not transport.is_reading()
            flow.waits = False
            flow.resume_reading()
            assert transport.is_reading()

    asyncio.run(run())
