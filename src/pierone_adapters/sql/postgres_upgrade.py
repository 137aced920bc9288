"""Migrations on PostgreSQL: in one transaction, by one process at a time.

Whoever waits for a table lets nobody at it who comes later, so the transaction is given up soon, and tried again.
"""

import time
from contextlib import suppress

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pierone_adapters.sql.failures import cause
from pierone_adapters.sql.postgres_connection import Target
from pierone_adapters.sql.postgres_pool import unpooled
from pierone_adapters.sql.revisions import HEAD, is_current, upgrade
from pierone_core.errors import Unavailable

# Any number that nothing else in the database locks; not the one of `store_manifest`.
_LOCK = text("SELECT pg_advisory_xact_lock(74371002)")
_CONNECT_TIMEOUT_SECONDS = 10.0
# Servers give a statement five seconds unless they are told otherwise, and it may wait behind ours.
_WAIT_FOR_TABLES = text("SET LOCAL lock_timeout = '2s'")
# Seconds before each try.
_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)


class _HeldError(Exception):
    """Somebody else holds a table."""


def upgrade_postgres(url: str, revision: str = HEAD) -> bool:
    """Bring the database of `url` to `revision`; whether there was something to do.

    Raises `ValueError` for a URL that cannot be understood, and `Unavailable`, after which nothing was changed: also
    where others hold a table whenever it is tried, for 40 seconds.
    """
    # A migration may take as long as it needs.
    engine = unpooled(Target.parse(url, _CONNECT_TIMEOUT_SECONDS, None).connect, autocommit=False)
    for pause in _PAUSES:
        time.sleep(pause)
        with suppress(_HeldError):
            return _try(engine, revision)
    raise Unavailable(
        "the registry's database was not changed: a long transaction (pg_dump?) holds its tables; run this again when "
        "that has ended"
    )


def _try(engine: Engine, revision: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            connection.execute(_WAIT_FOR_TABLES)
            return _upgrade(connection, revision)
    except SQLAlchemyError as error:
        if isinstance(getattr(error, "orig", None), LockNotAvailable | DeadlockDetected):
            raise _HeldError from error
        raise Unavailable(f"the registry's database was not changed: {cause(error)}") from error


def _upgrade(connection: Connection, revision: str) -> bool:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise Unavailable(
            f"the registry's database has encoding {encoding}: create it anew with ENCODING 'UTF8' TEMPLATE template0"
        )
    if is_current(connection):
        return False
    upgrade(connection, revision)
    return True
