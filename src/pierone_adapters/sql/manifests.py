"""`Manifests` in SQL: reads by key, and the one transaction that stores a manifest, binds tags and records it."""

import json
from collections.abc import Generator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.events import record
from pierone_adapters.sql.schema import manifests, repositories, tags
from pierone_core.manifest import Manifest
from pierone_core.ports import TagRaced
from pierone_core.records import ManifestWrite, StoredManifest, TagBinding, TagWrite
from pierone_core.values import Digest, Repository, Tag

_KEY = (manifests.c.repository == bindparam("repository")) & (manifests.c.digest == bindparam("digest"))
_GET = select(manifests.c.media_type, manifests.c.data).where(_KEY)
_HAS = select(manifests.c.size).where(_KEY)
_BINDING = select(tags).where(tags.c.repository == bindparam("repository"))
_TAG = _BINDING.where(tags.c.name == bindparam("name"))
_NEWEST_FIRST = _BINDING.order_by(tags.c.created.desc())
_ADD_REPOSITORY = insert(repositories).on_conflict_do_nothing()
_ADD_MANIFEST = insert(manifests).on_conflict_do_nothing()
_BIND = insert(tags).on_conflict_do_nothing()
_MOVE = (
    update(tags)
    .where(tags.c.repository == bindparam("in_repository"), tags.c.name == bindparam("tag"))
    .where(tags.c.digest == bindparam("expected"), tags.c.immutable.is_(False))
)


@dataclass(frozen=True)
class SqlManifests:
    """See `Manifests`."""

    _database: Database

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """See `Manifests`."""
        with self._database.read() as connection:
            row = connection.execute(_GET, {"repository": repository.name, "digest": str(digest)}).first()
        return StoredManifest(digest, row.media_type, row.data) if row else None

    def has(self, repository: Repository, digest: Digest) -> bool:
        """See `Manifests`."""
        with self._database.read() as connection:
            return connection.scalar(_HAS, {"repository": repository.name, "digest": str(digest)}) is not None

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """See `Manifests`."""
        with self._database.read() as connection:
            row = connection.execute(_TAG, {"repository": repository.name, "name": tag.name}).first()
        return _binding(row) if row else None

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """See `Manifests`."""
        with self._database.read() as connection:
            # Row by row: the first is nearly always the one that is wanted.
            rows = connection.execution_options(stream_results=True).execute(
                _NEWEST_FIRST, {"repository": repository.name}
            )
            yield from map(_binding, rows)

    def store(self, write: ManifestWrite) -> None:
        """See `Manifests`."""
        with self._database.write() as connection:
            connection.execute(_ADD_REPOSITORY, {"name": write.repository.name})
            if connection.execute(_ADD_MANIFEST, _manifest_row(write.repository, write.manifest)).rowcount:
                record(connection, write, None)
            for tag in write.tags:
                _bind(connection, write, tag)


def _bind(connection: Connection, write: ManifestWrite, tag: TagWrite) -> None:
    sequence = record(connection, write, tag)
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


def _manifest_row(repository: Repository, manifest: Manifest) -> dict[str, object]:
    return {
        "repository": repository.name,
        "digest": str(manifest.digest),
        "media_type": manifest.media_type,
        "subject": str(manifest.subject) if manifest.subject else None,
        "artifact_type": manifest.artifact_type,
        "annotations": json.dumps(manifest.annotations),
        "size": len(manifest.data),
        "data": manifest.data,
    }


def _binding(row: Row[*tuple[object, ...]]) -> TagBinding:
    digest = Digest.parse(row.digest)
    return TagBinding(Repository(row.repository), Tag(row.name), digest, row.immutable, row.author, row.bound_at)
