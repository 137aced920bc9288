"""A group commit on a file, and what is written with it."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from tests.contracts.processes import PATIENCE, wait_for

from pierone_adapters.sql.sqlite_group import GroupCommit, Write

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA foreign_keys = ON;
CREATE TABLE taken (number INTEGER PRIMARY KEY);
CREATE TABLE promised (number INTEGER REFERENCES taken (number) DEFERRABLE INITIALLY DEFERRED);
"""


class Refused(Exception):
    """What a writer raises after it has written."""


class Group:
    """A group commit on a file, whose statements are noted."""

    def __init__(self, path: Path) -> None:
        """Make or open the file."""
        self.path = path
        self.statements: list[str] = []
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.executescript(_SCHEMA)
        self.connection.set_trace_callback(self.statements.append)
        self.commit = GroupCommit(self.connection)

    def run(self, *writes: Write[object]) -> list[object]:
        """Have `writes` wait while another transaction is under way; what each returned or raised."""
        with self.held(len(writes)), ThreadPoolExecutor(len(writes)) as threads:
            futures = [threads.submit(self.commit.run, write) for write in writes]
            return [future.exception() or future.result() for future in futures]

    @contextmanager
    def held(self, others: int) -> Iterator[None]:
        """Have a transaction under way until so many others wait."""
        led = threading.Event()

        def hold(_: sqlite3.Connection) -> None:
            led.set()
            wait_for(lambda: self.commit.waiting == others)

        with ThreadPoolExecutor(1) as thread:
            holding = thread.submit(self.commit.run, hold)
            assert led.wait(PATIENCE)
            yield
            holding.result()

    def numbers(self) -> list[int]:
        """What others see, in order."""
        with closing(sqlite3.connect(self.path)) as other:
            return [number for (number,) in other.execute("SELECT number FROM taken ORDER BY number")]


def take(number: int, connection: sqlite3.Connection) -> int:
    """Write `number`, and return it."""
    connection.execute("INSERT INTO taken VALUES (?)", (number,))
    return number


def take_and_refuse(number: int, connection: sqlite3.Connection) -> None:
    """Write `number`, and raise `Refused`."""
    take(number, connection)
    raise Refused
