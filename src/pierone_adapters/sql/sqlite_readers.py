"""Connections for reading: as many as threads read at once, kept for the next."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Readers:
    """A pool without an upper bound of its own: there are never more connections than there are threads."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Make connections with `connect`."""
        self._connect = connect
        # Adding to a list's end and taking from it need no lock.
        self._idle: list[sqlite3.Connection] = []

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; one that failed is not used again."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            self._idle.pop().close()
