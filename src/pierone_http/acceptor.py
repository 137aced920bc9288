"""Taking connections from a socket that several processes listen on, so that each gets its share.

uvloop takes all that wait as soon as it looks: of 16 connections that were opened at once, one of two workers was seen
to take 13. Here a worker takes one at a time, and one that has more than another waits for a moment before it does, in
which the other may be faster. Nobody waits for another who does not come.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Collection, MutableSequence, Sequence
from typing import NamedTuple

# For each connection more than another process has: as long as it takes that one to wake up and take the next.
_COURTESY_SECONDS = 0.001
_MOST_COURTESY_SECONDS = 0.005
# As asyncio does when there are no file descriptors left.
_RETRY_SECONDS = 1.0
_LOG = logging.getLogger(__name__)

# The count of a process that does not serve yet: nobody is ahead of it.
NOBODY = (1 << 31) - 1

_Opened = tuple[asyncio.BaseTransport, asyncio.Protocol]


class Share(NamedTuple):
    """How many connections each of the processes has, in memory that all see, and which of them this one is."""

    counts: MutableSequence[int]
    number: int


class Acceptor:
    """Takes connections for one of several processes; ends as asyncio's servers do."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        protocol: Callable[[], asyncio.Protocol],
        connections: Collection[object],
        share: Share,
    ) -> None:
        """Begin to take connections for `protocol`; `connections` are those that this process has at any time."""
        self._loop = asyncio.get_running_loop()
        self._sockets, self._protocol, self._connections, self._share = list(sockets), protocol, connections, share
        self._opening: set[asyncio.Task[_Opened]] = set()
        self.count()
        for listening in self._sockets:
            listening.settimeout(0)
            self._loop.add_reader(listening.fileno(), self._wakes, listening)

    def count(self) -> None:
        """Tell the others how many connections this process has."""
        self._share.counts[self._share.number] = len(self._connections) + len(self._opening)

    def close(self) -> None:
        """Take no more."""
        for listening in self._sockets:
            self._loop.remove_reader(listening.fileno())
        self._sockets.clear()

    async def wait_closed(self) -> None:
        """Return at once: what was taken is the server's."""

    def _wakes(self, listening: socket.socket) -> None:
        self.count()
        ahead = self._share.counts[self._share.number] - min(self._share.counts)
        if ahead:
            self._pause(listening, min(ahead * _COURTESY_SECONDS, _MOST_COURTESY_SECONDS))
        else:
            self._take(listening)

    def _pause(self, listening: socket.socket, seconds: float) -> None:
        self._loop.remove_reader(listening.fileno())
        self._loop.call_later(seconds, self._go_on, listening)

    def _go_on(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening.fileno(), self._wakes, listening)
            self._take(listening)

    def _take(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process was faster, or the client has gone again
        except OSError as error:
            _LOG.error("cannot take a connection: %s", error.strerror)
            self._pause(listening, _RETRY_SECONDS)
            return
        self._open(connection)

    def _open(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        opening = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, connection))
        self._opening.add(opening)
        opening.add_done_callback(self._opened)
        self.count()

    def _opened(self, opening: asyncio.Task[_Opened]) -> None:
        self._opening.discard(opening)
        if opening.cancelled():
            return
        if error := opening.exception():
            _LOG.warning("a connection was lost before its first request: %s", error)
        elif not self._sockets:  # the server has ended its connections already, and would wait for this one
            opening.result()[0].close()
