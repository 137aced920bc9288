"""A PostgreSQL database: connections, and statements that are tried again where that is safe.

Every statement is its own transaction (autocommit), one round trip. Nothing waits for ever: connecting, a place in the
pool, the statement at the server, and the server's answer are all bounded.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Executable, Row, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pierone_adapters.sql.database import Parameters
from pierone_adapters.sql.failures import cause, translated
from pierone_adapters.sql.postgres_connection import NoAnswer, Target
from pierone_adapters.sql.postgres_pool import pooled, unpooled
from pierone_adapters.sql.revisions import is_current
from pierone_adapters.sql.store_function import TAG_RACED
from pierone_core.errors import Unavailable
from pierone_core.ports import TagRaced

_CHECK = text("SELECT 1")
# Two numbers: a space of their own beside the one number that `store_manifest` locks.
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtext('pierone'), hashtext(:name)) AS held")
_UNLOCK = text("SELECT pg_advisory_unlock_all()")
# serialization_failure and deadlock_detected: the transaction was undone, so it can be done again whatever it was.
_UNDONE = frozenset({"40001", "40P01"})

_Rows = Sequence[Row[*tuple[Any, ...]]]


class PostgresDatabase:
    """See `Database`."""

    def __init__(self, url: str, pool_size: int, connect_timeout: float, statement_timeout: float) -> None:
        """Times in seconds; raises `ValueError` for a URL that cannot be understood, and `Unavailable`."""
        target = Target.parse(url, connect_timeout, statement_timeout)
        self._pool = pooled(target.connect, pool_size)
        # What must not wait for a place in the pool, nor share a session.
        self._apart = unpooled(target.connect)
        self._patient = unpooled(Target.parse(url, connect_timeout, None).connect)
        self._require_current_schema()

    def read(self, statement: Executable, parameters: Parameters) -> _Rows:
        """See `Database`."""
        with translated():
            return self._run(statement, parameters, repeatable=True)

    def write(self, statement: Executable, parameters: Parameters) -> None:
        """See `Database`."""
        with translated():
            self._run(statement, parameters, repeatable=True, has_rows=False)

    def patient(self, statement: Executable) -> None:
        """See `Database`."""
        with translated(), self._patient.connect() as connection:
            connection.execute(statement)

    def call(self, statement: Executable, parameters: Parameters, *, repeatable: bool) -> None:
        """Call a function that changes something; raises `TagRaced` if it says so.

        `repeatable`: whether it may be called again when the connection was lost and nobody knows what it did.
        """
        with translated():
            try:
                self._run(statement, parameters, repeatable=repeatable)
            except DBAPIError as error:
                if _code(error) == TAG_RACED:
                    raise TagRaced from error
                raise

    def check(self) -> None:
        """See `Database`: on a connection of its own, so that it says nothing of the pool."""
        with translated(), self._apart.connect() as connection:
            connection.execute(_CHECK)

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """See `Metadata`: a lock of a session of its own, which goes with its process or its connection."""
        with translated():
            connection = self._apart.connect()
        try:
            with translated():
                held = bool(connection.execute(_TRY_LOCK, {"name": name}).scalar())
            yield held
        finally:
            with suppress(SQLAlchemyError):  # then the session is gone, and the lock with it
                connection.execute(_UNLOCK)
            connection.close()

    def close(self) -> None:
        """See `Database`."""
        self._pool.dispose()

    def _run(self, statement: Executable, parameters: Parameters, *, repeatable: bool, has_rows: bool = True) -> _Rows:
        try:
            return self._once(statement, parameters, has_rows=has_rows)
        except DBAPIError as error:
            lost = error.connection_invalidated and not isinstance(error.orig, NoAnswer)
            if _code(error) not in _UNDONE and not (lost and repeatable):
                raise
        return self._once(statement, parameters, has_rows=has_rows)

    def _once(self, statement: Executable, parameters: Parameters, *, has_rows: bool) -> _Rows:
        with self._pool.connect() as connection:
            result = connection.execute(statement, parameters)
            return result.all() if has_rows else ()

    def _require_current_schema(self) -> None:
        try:
            with self._apart.connect() as connection:
                current = is_current(connection)
        except SQLAlchemyError as error:
            raise Unavailable(f"the registry's database cannot be used: {cause(error)}") from error
        if not current:
            raise Unavailable(
                "the registry's database has no schema or an older one: run `pierone-server db upgrade` with the "
                "same settings, then start again"
            )


def _code(error: DBAPIError) -> str | None:
    """PostgreSQL's code of what went wrong, if it said so itself."""
    return getattr(error.orig, "sqlstate", None)
