"""Connections and transactions, and database failures in the core's words.

SQLite: WAL; one writer at a time, which takes its lock at the beginning of the transaction; reads see the last
commit and wait for nobody. A commit that was acknowledged survives a power cut (synchronous=FULL), except those
of `Database.hasty`, for what may be lost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from pierone_adapters.sql.schema import metadata
from pierone_core.errors import StorageFull, Unavailable

# How long a writer waits for another process, in milliseconds; a reader only ever waits for recovery.
_WRITE_PATIENCE, _READ_PATIENCE = 5000, 100


class Database:
    """One SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made if it is missing; raises `Unavailable`."""
        self._path = path
        with _translated():
            self._create()
        self._inode = path.stat().st_ino
        self._readers = _engine(path, connections=40, patience=_READ_PATIENCE, sync="FULL")
        self._writer = _engine(path, connections=1, patience=_WRITE_PATIENCE, sync="FULL")
        self._hasty = _engine(path, connections=1, patience=_WRITE_PATIENCE, sync="NORMAL")
        for engine in (self._writer, self._hasty):
            event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for SELECTs; each sees the last commit."""
        with _translated(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable when it ends, or undone."""
        self._check_file()
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def hasty(self) -> Iterator[Connection]:
        """A transaction that a power cut may undo (never a crash of the server), without waiting for the disk."""
        self._check_file()
        with _translated(), self._hasty.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        for engine in (self._readers, self._writer, self._hasty):
            engine.dispose()

    def _create(self) -> None:
        engine = _engine(self._path, connections=1, patience=_WRITE_PATIENCE, sync="FULL", mode="rwc")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            # All tables with their triggers or none: a crash between two would leave a table unguarded for ever.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            metadata.create_all(connection)
            connection.commit()
        engine.dispose()

    def _check_file(self) -> None:
        # SQLite goes on writing to a file that was removed or replaced: what it acknowledged would be lost. To go
        # over to the other file would be worse: an older copy lets tags be bound again.
        try:
            inode = self._path.stat().st_ino
        except OSError as error:
            raise Unavailable(f"the registry's database is gone: {error.strerror}") from error
        if inode != self._inode:
            raise Unavailable("the registry's database was replaced while it ran; its operator must restart it")


def _engine(path: Path, *, connections: int, patience: int, sync: str, mode: str = "rw") -> Engine:
    def connect() -> sqlite3.Connection:
        uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        connection.execute(f"PRAGMA busy_timeout={patience}")
        connection.execute(f"PRAGMA synchronous={sync}")
        return connection

    return create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=connections, max_overflow=0, pool_timeout=10
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the registry's database cannot be opened: {error.strerror}") from error
    except SQLAlchemyError as error:
        if "full" in str(getattr(error, "orig", "")):
            raise StorageFull("the registry's database has no room left; nothing was accepted") from error
        raise Unavailable("the registry's database does not answer; nothing was accepted, try again") from error
