"""Connections that are kept, and tried before they are used again after a pause."""

from collections.abc import Callable
from time import monotonic

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

# To ask before every statement would double its round trips; under load a lost connection shows at once anyway.
_TRIED_AFTER_SECONDS = 1.0
# How long to wait for a connection that is in use.
_POOL_PATIENCE_SECONDS = 5.0
_DIALECT = "postgresql+psycopg://"


def pooled(connect: Callable[[], psycopg.Connection], size: int) -> Engine:
    """At most `size` connections, in autocommit."""
    engine = create_engine(
        _DIALECT,
        creator=connect,
        pool_size=size,
        max_overflow=0,
        pool_timeout=_POOL_PATIENCE_SECONDS,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        use_native_hstore=False,
        hide_parameters=True,  # errors are logged, and signing keys are parameters
    )
    event.listen(engine, "connect", _note_use)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _try)
    return engine


def unpooled(connect: Callable[[], psycopg.Connection], *, autocommit: bool = True) -> Engine:
    """A new connection for each use."""
    return create_engine(
        _DIALECT,
        creator=connect,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        use_native_hstore=False,
        hide_parameters=True,
    )


def _note_use(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["used"] = monotonic()


def _try(connection: psycopg.Connection, entry: ConnectionPoolEntry, _: object) -> None:
    if monotonic() - entry.info["used"] > _TRIED_AFTER_SECONDS:
        try:
            connection.execute("SELECT 1")
        except psycopg.Error as error:
            raise InvalidatePoolError from error
