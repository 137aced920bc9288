"""Which revision of the schema a database has, and the way to the newest.

Alembic is imported only where there is something to migrate: that takes longer than all the rest of a server's start.
"""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

from pierone_adapters.sql import catalogue_schema, counting, guards
from pierone_core.errors import Unavailable

# Every revision, oldest first, as `migrations/` has them.
REVISIONS = ("0001", "0002", "0003", "0004")
HEAD = REVISIONS[-1]
_VERSION_TABLE = "alembic_version"
# As Alembic makes it.
_CREATE_VERSION_TABLE = f"""
CREATE TABLE {_VERSION_TABLE} (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT {_VERSION_TABLE}_pkc PRIMARY KEY (version_num)
)"""
_FIRST_TABLES = ("blobs", "events", "manifests", "repositories", "tags", "uploads")
# Alembic's `op`, which migrations write to, is one for the whole process.
_OPERATIONS = Lock()
_MIGRATIONS = Path(__file__).with_name("migrations")


def is_current(connection: Connection) -> bool:
    """Whether the schema is the newest; raises `Unavailable` if it is newer than this code."""
    revision = _revision(connection)
    if revision is None or revision in REVISIONS:
        return revision == HEAD
    raise Unavailable(
        f"the registry's database has schema {revision}, which a newer Pier One made; this one knows {HEAD} and could "
        f"damage it: start the newer version"
    )


def upgrade(connection: Connection, revision: str = HEAD) -> None:
    """Bring the schema to `revision` in the caller's transaction, which must exclude others that do the same."""
    if is_current(connection):
        return
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see above
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])
    steps = {"script": script, "fn": lambda current, _: script._upgrade_revs(revision, current)}  # noqa: SLF001 - Alembic's cookbook does so
    context = MigrationContext.configure(connection, opts=steps)
    if _was_made_before_migrations(connection):
        context.stamp(script, REVISIONS[0])
    with _OPERATIONS, Operations.context(context):
        context.run_migrations()


def is_empty(connection: Connection) -> bool:
    """Whether the database has no table at all."""
    return not inspect(connection).get_table_names()


def create(connection: Connection) -> None:
    """Give an empty SQLite file the newest schema at once, in the caller's transaction: what migrations end with."""
    catalogue_schema.teams.metadata.create_all(connection)
    dialect = connection.dialect.name
    for statement in (*guards.of_all_tables(dialect), *counting.of_catalogue(dialect)):
        connection.exec_driver_sql(statement)
    connection.execute(text(_CREATE_VERSION_TABLE))
    connection.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES ('{HEAD}')"))  # noqa: S608 - our own names


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))  # noqa: S608 - our name
    return revision


def _was_made_before_migrations(connection: Connection) -> bool:
    inspector = inspect(connection)
    return not inspector.has_table(_VERSION_TABLE) and all(map(inspector.has_table, _FIRST_TABLES))
