"""Group commit: writers that wait at the same time share one transaction, and one wait for the disk.

SQLite lets one writer in, and a commit waits 1 to 4 ms for the disk. Eight writers in turn take eight times that, and
those of another connection sleep in SQLite's busy handler, up to 100 ms, although their turn has come. Here the first
to come leads: it takes along whoever came while the transaction before was under way, and tells all of them when its
COMMIT has returned, never earlier. Who is refused is undone alone (a savepoint); if the commit fails, it fails for all.
Then the next one who waits leads. No thread of its own: a lone writer pays nothing. With `sqlite_statement`, 8 clients
create 1,100 tags/s instead of 510 (measured in turn on a busy machine of 2 cores).
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

R = TypeVar("R")
Write = Callable[[sqlite3.Connection], R]


class _Entry(Generic[R]):
    """A write that waits; `woken` is held until it is done, or its turn to lead has come."""

    def __init__(self, write: Write[R]) -> None:
        self.done = False
        self._write = write
        self._result: R
        self._failure: BaseException | None = None
        self.woken = threading.Lock()
        self.woken.acquire()

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Write; raises what was raised, with which the transaction is lost."""
        self._result = self._write(connection)

    def attempt_apart(self, connection: sqlite3.Connection) -> None:
        """Write, or undo what was written and keep why; raises if the whole transaction is lost."""
        connection.execute("SAVEPOINT one")
        try:
            self._result = self._write(connection)
        except Exception as failure:
            self._failure = failure
            if not connection.in_transaction:  # such as a full disk: SQLite has undone everything
                raise
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")

    def fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure

    def result(self) -> R:
        if self._failure is not None:
            raise self._failure
        return self._result


class GroupCommit:
    """The one writer of a process."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write through `connection`, which is in autocommit mode and nobody else's."""
        self._connection = connection
        self._mutex = threading.Lock()
        self._waiting: list[_Entry[Any]] = []
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many writers wait for their transaction to begin."""
        return len(self._waiting)

    def run(self, write: Write[R]) -> R:
        """What `write` returns, after it was committed; raises what it raised, or `sqlite3.Error`."""
        entry = _Entry(write)
        with self._mutex:
            self._waiting.append(entry)
            leads, self._is_led = not self._is_led, True
        if not leads:
            entry.woken.acquire()
        if not entry.done:
            self._lead()
        return entry.result()

    def close(self) -> None:
        """Wait for the transaction under way, and close the connection."""
        self.run(lambda _: None)
        self._connection.close()

    def _lead(self) -> None:
        group = self._take()
        try:
            self._commit(group)
        except BaseException as failure:  # noqa: BLE001 - whatever it was, nobody may take it for success
            for entry in group:
                entry.fail(failure)
        self._hand_over()
        for entry in group:
            entry.done = True
            entry.woken.release()

    def _take(self) -> Sequence[_Entry[Any]]:
        with self._mutex:
            group, self._waiting = self._waiting, []
        return group

    def _hand_over(self) -> None:
        with self._mutex:
            successor = next(iter(self._waiting), None)
            self._is_led = successor is not None
        if successor:
            successor.woken.release()

    def _commit(self, group: Sequence[_Entry[Any]]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            if len(group) == 1:  # it needs no savepoint: the transaction is its own
                group[0].attempt(connection)
            else:
                for entry in group:
                    entry.attempt_apart(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
