"""How SQLite stores a manifest: in one transaction of the only writer, so that sequences are dense."""

import sqlite3
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select, text

from pierone_adapters.sql.database import Parameters
from pierone_adapters.sql.manifests import manifest_row
from pierone_adapters.sql.schema import UtcTime, events
from pierone_adapters.sql.sqlite import SqliteDatabase
from pierone_adapters.sql.sqlite_statement import prepared
from pierone_core.ports import TagRaced
from pierone_core.records import Event, ManifestWrite, TagWrite

_LAST = select(func.coalesce(func.max(events.c.sequence), 0).label("sequence"))
_APPEND = insert(events)
_ADD_REPOSITORY = text("INSERT INTO repositories (name) VALUES (:repository) ON CONFLICT DO NOTHING")
_ADD_MANIFEST = text(
    "INSERT INTO manifests (repository, digest, media_type, subject, artifact_type, annotations, size, data) VALUES "
    "(:repository, :digest, :media_type, :subject, :artifact_type, :annotations, :size, :data) ON CONFLICT DO NOTHING"
)
_BIND = text(
    "INSERT INTO tags (repository, name, digest, immutable, author, bound_at, created) VALUES "
    "(:repository, :name, :digest, :immutable, :author, :bound_at, :created) ON CONFLICT DO NOTHING"
).bindparams(bindparam("bound_at", type_=UtcTime()))
_MOVE = text(
    "UPDATE tags SET digest = :digest, author = :author, bound_at = :bound_at "
    "WHERE repository = :repository AND name = :name AND digest = :expected AND immutable = 0"
).bindparams(bindparam("bound_at", type_=UtcTime()))


@dataclass(frozen=True)
class SqliteStore:
    """`Manifests.store`."""

    _database: SqliteDatabase

    def __call__(self, write: ManifestWrite) -> None:
        """See `Manifests.store`."""
        row = manifest_row(write)
        self._database.transaction(lambda connection: _store(connection, write, row))


def _store(connection: sqlite3.Connection, write: ManifestWrite, row: Parameters) -> None:
    prepared(_ADD_REPOSITORY).execute(connection, {"repository": write.repository.name})
    if prepared(_ADD_MANIFEST).execute(connection, row).rowcount:
        _record(connection, write, None)
    for tag in write.tags:
        _bind(connection, write, tag)


def _record(connection: sqlite3.Connection, write: ManifestWrite, tag: TagWrite | None) -> int:
    [last] = prepared(_LAST).rows(connection, {})
    event = write.event(last.sequence + 1, tag)
    prepared(_APPEND).execute(connection, _event_row(event))
    return event.sequence


def _event_row(event: Event) -> Parameters:
    return {
        "sequence": event.sequence,
        "at": event.at,
        "kind": event.kind.value,
        "caller": event.caller,
        "repository": event.repository.name,
        "tag": event.tag.name if event.tag else None,
        "digest": str(event.digest),
        "previous": str(event.previous) if event.previous else None,
        "media_type": event.media_type,
        "size": event.size,
    }


def _bind(connection: sqlite3.Connection, write: ManifestWrite, tag: TagWrite) -> None:
    sequence = _record(connection, write, tag)
    row = {
        "repository": write.repository.name,
        "name": tag.tag.name,
        "digest": str(write.manifest.digest),
        "author": write.caller,
        "bound_at": write.at,
    }
    if tag.expected:
        bound = prepared(_MOVE).execute(connection, row | {"expected": str(tag.expected)})
    else:
        bound = prepared(_BIND).execute(connection, row | {"immutable": tag.immutable, "created": sequence})
    if bound.rowcount != 1:
        raise TagRaced
