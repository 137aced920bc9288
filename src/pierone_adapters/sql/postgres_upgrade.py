"""Migrations on PostgreSQL: in one transaction, by one process at a time."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from pierone_adapters.sql.failures import cause
from pierone_adapters.sql.postgres_connection import Target
from pierone_adapters.sql.postgres_pool import unpooled
from pierone_adapters.sql.revisions import HEAD, is_current, upgrade
from pierone_core.errors import Unavailable

# Any number that nothing else in the database locks; not the one of `store_manifest`.
_LOCK = text("SELECT pg_advisory_xact_lock(74371002)")
_CONNECT_TIMEOUT_SECONDS = 10.0


def upgrade_postgres(url: str, revision: str = HEAD) -> bool:
    """Bring the database of `url` to `revision`; whether there was something to do.

    Raises `ValueError` for a URL that cannot be understood, and `Unavailable`, after which nothing was changed.
    """
    # A migration may take as long as it needs.
    target = Target.parse(url, _CONNECT_TIMEOUT_SECONDS, None)
    try:
        with unpooled(target.connect, autocommit=False).begin() as connection:
            connection.execute(_LOCK)
            return _upgrade(connection, revision)
    except SQLAlchemyError as error:
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
