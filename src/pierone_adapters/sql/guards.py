"""Triggers that keep what must never change, also against other programs.

Events are append-only, an immutable tag neither moves nor goes, manifests, visible blobs, repositories and shared
values stay. Migrations that ran somewhere made exactly these: other triggers need functions of their own.
"""

from collections.abc import Iterator, Sequence

_POSTGRESQL_REFUSAL = """\
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is not allowed', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$"""
_FIRST_KEYS = {
    "events": ("sequence",),
    "manifests": ("repository", "digest"),
    "blobs": ("repository", "digest"),
    "repositories": ("name",),
}


def of_first_tables(dialect: str) -> Iterator[str]:
    """The statements that guard the tables of revision 0001."""
    if dialect == "postgresql":
        yield _POSTGRESQL_REFUSAL
    for table, key in _FIRST_KEYS.items():
        yield from append_only(dialect, table, key)
    yield from _tags(dialect)


def of_all_tables(dialect: str) -> Iterator[str]:
    """The statements that guard the tables of the newest revision."""
    yield from of_first_tables(dialect)
    yield from append_only(dialect, "shared_values", ("name",))
    yield from tags_by_key(dialect)
    yield from append_only(dialect, "scm_claims", ("repository", "tag", "digest"))


def tags_by_key(dialect: str) -> Iterator[str]:
    """The statements that let revision 0001's guard against replacing tags find them by key.

    SQLite answered its OR over two keys by reading every tag of the repository, for each tag that was bound.
    """
    if dialect == "sqlite":
        yield "DROP TRIGGER tags_no_replace"
        in_repository = "repository = NEW.repository AND"
        yield _no_replacing("tags", f"{in_repository} name = NEW.name", f"{in_repository} created = NEW.created")


def append_only(dialect: str, table: str, key: Sequence[str]) -> Iterator[str]:
    """The statements that let rows of `table` come and never change, go, or be replaced by one of the same `key`."""
    if dialect == "postgresql":
        yield from _refuse(table, "UPDATE")
        yield from _refuse_removal(table)
        return
    yield _sqlite_trigger(table, "no_update", f"UPDATE ON {table} WHEN 1", _abort(table, "UPDATE"))
    yield _sqlite_trigger(table, "no_delete", f"DELETE ON {table} WHEN 1", _abort(table, "DELETE"))
    yield _no_replacing(table, " AND ".join(f"{column} = NEW.{column}" for column in key))


def _tags(dialect: str) -> Iterator[str]:
    changed = " OR ".join(f"OLD.{c} <> NEW.{c}" for c in ("repository", "name", "immutable", "created"))
    if dialect == "postgresql":
        yield from _refuse("tags", "UPDATE", f"WHEN (OLD.immutable OR {changed}) ")
        yield from _refuse_removal("tags")
        return
    yield _sqlite_trigger("tags", "no_delete", "DELETE ON tags WHEN 1", _abort("tags", "DELETE"))
    yield _sqlite_trigger(
        "tags", "no_update", f"UPDATE ON tags WHEN OLD.immutable = 1 OR {changed}", _abort("tags", "UPDATE")
    )
    yield _no_replacing("tags", "repository = NEW.repository AND (name = NEW.name OR created = NEW.created)")


def _no_replacing(table: str, *same: str) -> str:
    # INSERT OR REPLACE removes the row in its way without asking the DELETE trigger. What is there stays; the
    # insert does nothing, as our own ON CONFLICT DO NOTHING asks for anyway. Only an event must not be lost so.
    otherwise = _abort(table, "INSERT") if table == "events" else "RAISE(IGNORE)"
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {row})" for row in same)  # noqa: S608 - our own names
    return _sqlite_trigger(table, "no_replace", f"INSERT ON {table} WHEN {taken}", otherwise)


def _sqlite_trigger(table: str, name: str, when: str, action: str) -> str:
    return f"CREATE TRIGGER {table}_{name} BEFORE {when} BEGIN SELECT {action}; END"


def _abort(table: str, action: str) -> str:
    return f"RAISE(ABORT, '{table}: {action} is not allowed')"


def _refuse_removal(table: str) -> Iterator[str]:
    yield from _refuse(table, "DELETE")
    yield from _refuse(table, "TRUNCATE", each="STATEMENT")


def _refuse(table: str, action: str, condition: str = "", each: str = "ROW") -> Iterator[str]:
    name = f"{table}_no_{action.lower()}"
    yield (
        f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH {each} {condition}EXECUTE FUNCTION refuse_change()"
    )
    # Also in a session that switched ordinary triggers off (session_replication_role).
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
