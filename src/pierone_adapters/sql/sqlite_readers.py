"""Connections for reading: as many as threads read at once, kept for the next."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Readers:
    """A pool without an upper bound of its own: there are never more connections than there are threads."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Make connections with `connect`."""
        self._connect = connect
        # Adding to a list's end and taking from it need no lock.
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; one that failed is not used again. Raises `sqlite3.Error`."""
        if self._is_closed:
            raise sqlite3.ProgrammingError("the database is closed")
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Refuse whoever comes; connections are closed now, those in use by whoever uses them."""
        self._is_closed = True
        self._close_idle()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._is_closed:
            self._close_idle()

    def _close_idle(self) -> None:
        with suppress(IndexError):  # another thread may close them, too
            while True:
                self._idle.pop().close()
