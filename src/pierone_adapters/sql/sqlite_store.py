"""How SQLite stores a manifest: in one transaction, which is the only writer, so that sequences are dense."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from pierone_adapters.sql.manifests import manifest_row
from pierone_adapters.sql.schema import UtcTime, events, tags
from pierone_adapters.sql.sqlite import SqliteDatabase
from pierone_core.ports import TagRaced
from pierone_core.records import Event, ManifestWrite, TagWrite

_LAST = select(func.coalesce(func.max(events.c.sequence), 0))
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
_MOVE = (
    update(tags)
    .where(tags.c.repository == bindparam("in_repository"), tags.c.name == bindparam("tag"))
    .where(tags.c.digest == bindparam("expected"), tags.c.immutable.is_(False))
)


@dataclass(frozen=True)
class SqliteStore:
    """`Manifests.store`."""

    _database: SqliteDatabase

    def __call__(self, write: ManifestWrite) -> None:
        """See `Manifests.store`."""
        row = manifest_row(write)
        with self._database.transaction() as connection:
            connection.execute(_ADD_REPOSITORY, {"repository": write.repository.name})
            if connection.execute(_ADD_MANIFEST, row).rowcount:
                _record(connection, write, None)
            for tag in write.tags:
                _bind(connection, write, tag)


def _record(connection: Connection, write: ManifestWrite, tag: TagWrite | None) -> int:
    event = write.event(int(connection.scalar(_LAST) or 0) + 1, tag)
    connection.execute(_APPEND, asdict(event) | _as_text(event))
    return event.sequence


def _as_text(event: Event) -> dict[str, str | None]:
    return {
        "repository": event.repository.name,
        "tag": event.tag.name if event.tag else None,
        "digest": str(event.digest),
        "previous": str(event.previous) if event.previous else None,
    }


def _bind(connection: Connection, write: ManifestWrite, tag: TagWrite) -> None:
    sequence = _record(connection, write, tag)
    bound = _move(connection, write, tag) if tag.expected else _create(connection, write, tag, sequence)
    if not bound:
        raise TagRaced


def _create(connection: Connection, write: ManifestWrite, tag: TagWrite, sequence: int) -> bool:
    row = {"repository": write.repository.name, "name": tag.tag.name, "immutable": tag.immutable, "created": sequence}
    return connection.execute(_BIND, row | _held(write)).rowcount == 1


def _move(connection: Connection, write: ManifestWrite, tag: TagWrite) -> bool:
    key = {"in_repository": write.repository.name, "tag": tag.tag.name, "expected": str(tag.expected)}
    return connection.execute(_MOVE.values(_held(write)), key).rowcount == 1


def _held(write: ManifestWrite) -> dict[str, object]:
    return {"digest": str(write.manifest.digest), "author": write.caller, "bound_at": write.at}
