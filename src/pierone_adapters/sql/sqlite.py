"""One SQLite file: connections and transactions.

WAL; one writer at a time, which takes its lock at the beginning of the transaction (see `sqlite_group`); reads see the
last commit and wait for nobody. A commit that was acknowledged survives a power cut (synchronous=FULL).
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Executable, Select, create_engine, literal_column, select, table
from sqlalchemy.pool import NullPool

from pierone_adapters.sql.database import Parameters
from pierone_adapters.sql.failures import translated
from pierone_adapters.sql.revisions import create, is_current, is_empty, upgrade
from pierone_adapters.sql.sqlite_group import GroupCommit
from pierone_adapters.sql.sqlite_readers import Readers
from pierone_adapters.sql.sqlite_statement import prepared
from pierone_core.errors import Unavailable

# How long a writer waits for another process, in milliseconds; a reader only ever waits for recovery.
_WRITE_PATIENCE, _READ_PATIENCE = 5000, 100
_CHECK: Select[tuple[int]] = select(literal_column("1").label("one")).select_from(table("alembic_version"))
R = TypeVar("R")


class SqliteDatabase:
    """See `Database`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, made or brought to the newest schema if need be; raises `Unavailable`."""
        self._path = path
        with translated():
            self._prepare()
            self._inode = path.stat().st_ino
            self._readers = Readers(partial(_connect, path, _READ_PATIENCE))
            self._writer = GroupCommit(_connect(path, _WRITE_PATIENCE), _WRITE_PATIENCE / 1000)

    def read(self, statement: Executable, parameters: Parameters) -> Sequence[Any]:
        """See `Database`."""
        with translated(), self._readers.one() as connection:
            return prepared(statement).rows(connection, parameters)

    def write(self, statement: Executable, parameters: Parameters) -> None:
        """See `Database`."""
        self.transaction(lambda connection: prepared(statement).execute(connection, parameters))

    def patient(self, statement: Executable) -> None:
        """See `Database`; other writers wait meanwhile."""
        self.write(statement, {})

    def transaction(self, write: Callable[[sqlite3.Connection], R]) -> R:
        """What `write` returns, durable then; or it is undone, and what it raised is raised.

        It may share its transaction with others, and must neither end it nor wait for anything.
        """
        self._check_file()
        with translated():
            return self._writer.run(write)

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
        self._readers.close()
        self._writer.close()

    def _prepare(self) -> None:
        # hide_parameters: errors are logged, and signing keys are parameters
        connect = partial(_connect, self._path, _WRITE_PATIENCE, mode="rwc")
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if not is_current(connection):
                # All of it or nothing, also after a crash; a second process waits here and finds nothing left to do.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                (create if is_empty(connection) else upgrade)(connection)
                connection.commit()

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


def _connect(path: Path, patience: int, mode: str = "rw") -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout={patience}")
    connection.execute("PRAGMA synchronous=FULL")
    return connection
