"""One SQLite file: connections and transactions.

WAL; one writer at a time, which takes its lock at the beginning of the transaction; reads see the last commit and
wait for nobody. A commit that was acknowledged survives a power cut (synchronous=FULL), except those of
`SqliteDatabase.hasty`, for what may be lost.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, text
from sqlalchemy.pool import QueuePool

from pierone_adapters.sql.database import Parameters
from pierone_adapters.sql.failures import translated
from pierone_adapters.sql.revisions import create, is_current, is_empty, upgrade
from pierone_core.errors import Unavailable

# How long a writer waits for another process, in milliseconds; a reader only ever waits for recovery.
_WRITE_PATIENCE, _READ_PATIENCE = 5000, 100
_CHECK = text("SELECT 1 FROM alembic_version")


class SqliteDatabase:
    """See `Database`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made or brought to the newest schema if need be; raises `Unavailable`."""
        self._path = path
        with translated():
            self._prepare()
        self._inode = path.stat().st_ino
        self._readers = _engine(path, connections=40, patience=_READ_PATIENCE, sync="FULL")
        self._writer = _engine(path, connections=1, patience=_WRITE_PATIENCE, sync="FULL")
        self._hasty = _engine(path, connections=1, patience=_WRITE_PATIENCE, sync="NORMAL")
        for engine in (self._writer, self._hasty):
            event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))

    def read(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        """See `Database`."""
        with translated(), self._readers.connect() as connection:
            return connection.execute(statement, parameters).all()

    def write(self, statement: Executable, parameters: Parameters) -> None:
        """See `Database`."""
        with self.transaction() as connection:
            connection.execute(statement, parameters)

    def hasty(self, statement: Executable, parameters: Parameters) -> None:
        """See `Database`: it does not wait for the disk."""
        self._check_file()
        with translated(), self._hasty.begin() as connection:
            connection.execute(statement, parameters)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that is durable when it ends, or undone."""
        self._check_file()
        with translated(), self._writer.begin() as connection:
            yield connection

    def check(self) -> None:
        """See `Database`."""
        self._check_file()
        self.read(_CHECK, {})

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """See `Metadata`: a lock on a file beside the database, which the kernel drops with its process."""
        with translated():
            held = os.open(f"{self._path}.{quote(name, safe='')}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _locked(held)
        finally:
            os.close(held)

    def close(self) -> None:
        """See `Database`."""
        for engine in (self._readers, self._writer, self._hasty):
            engine.dispose()

    def _prepare(self) -> None:
        engine = _engine(self._path, connections=1, patience=_WRITE_PATIENCE, sync="FULL", mode="rwc")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if not is_current(connection):
                # All of it or nothing, also after a crash; a second process waits here and finds nothing left to do.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                (create if is_empty(connection) else upgrade)(connection)
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


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # errors are logged, and signing keys are parameters
    )
