"""Patience with clients that take what they are sent: it ends after a time in which they took no byte at all.

Whether the connection can be written to says too little: the kernel keeps megabytes of an answer and asks for more only
when a third of them is gone, which takes a slow client minutes. So what the kernel still has is counted (SIOCOUTQ).
"""

import asyncio
import fcntl
import math
import socket
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial


class Patience:
    """A wait for one client to take what it was sent, of which nothing is added meanwhile."""

    def __init__(self, untaken: Callable[[], int], seconds: float, give_up: Callable[[], object]) -> None:
        """Call `give_up` once `untaken` bytes have not become fewer for so many `seconds`."""
        self._untaken, self._seconds, self._give_up = untaken, seconds, give_up
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Wait from now."""
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look, self._untaken())

    def end(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, before: int) -> None:
        if self._untaken() < before:
            self.begin()
        else:
            self._give_up()


class Deadline:
    """A time for one client to come to the point, which is not over while the client takes what it was sent."""

    def __init__(self, untaken: Callable[[], int], patience: float, give_up: Callable[[], object]) -> None:
        """Call `give_up` when the time is over, or `untaken` bytes have not become fewer for `patience` seconds."""
        self._untaken, self._patience, self._give_up = untaken, patience, give_up
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """The time is over in so many seconds; what was set before is forgotten."""
        self.end()
        self._wait(seconds, math.inf, 0)  # counting what is untaken is for the few clients whose time is over

    def end(self) -> None:
        """There is no deadline any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, seconds: float, before: float, waited: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look, seconds, before, waited + seconds)

    def _look(self, seconds: float, before: float, waited: float) -> None:
        now = self._untaken()
        if now and now < before:
            self._wait(seconds, now, 0)
        elif now and waited < self._patience:
            self._wait(seconds, before, waited)
        else:
            self._give_up()


@asynccontextmanager
async def patience(untaken: Callable[[], int], seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` in whoever waits in this context, when `Patience` gives up."""
    async with asyncio.timeout(None) as limit:
        waiting = Patience(untaken, seconds, partial(limit.reschedule, 0))
        waiting.begin()
        try:
            yield
        finally:
            waiting.end()


def untaken_by_kernel(connection: socket.socket) -> int:
    """How many bytes the client of `connection` has not taken (acknowledged) of what the kernel has."""
    return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def untaken(transport: asyncio.Transport) -> int:
    """How many bytes of what was written the client has not taken; 0 when the kernel has them all."""
    waiting = transport.get_write_buffer_size()
    return waiting + untaken_by_kernel(transport.get_extra_info("socket")) if waiting else 0
