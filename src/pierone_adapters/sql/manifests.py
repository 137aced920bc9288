"""`Manifests` in SQL: reads by key, and the one transaction that stores a manifest, binds tags and records it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.events import record
from pierone_adapters.sql.schema import manifests, repositories, tags
from pierone_core.manifest import Manifest
from pierone_core.ports import TagRaced
from pierone_core.records import EventKind, StoredManifest, TagBinding, TagWrite
from pierone_core.values import Digest, Repository, Tag

_KEY = (manifests.c.repository == bindparam("repository")) & (manifests.c.digest == bindparam("digest"))
_GET = select(manifests.c.media_type, manifests.c.data).where(_KEY)
_HAS = select(manifests.c.size).where(_KEY)
_BINDING = select(tags).where(tags.c.repository == bindparam("repository"))
_TAG = _BINDING.where(tags.c.name == bindparam("name"))
_NEWEST = _BINDING.order_by(tags.c.created.desc()).limit(1)
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
            return _binding(connection.execute(_TAG, {"repository": repository.name, "name": tag.name}).first())

    def newest_tag(self, repository: Repository) -> TagBinding | None:
        """See `Manifests`."""
        with self._database.read() as connection:
            return _binding(connection.execute(_NEWEST, {"repository": repository.name}).first())

    def store(
        self, repository: Repository, manifest: Manifest, tags: Sequence[TagWrite], caller: str, at: datetime
    ) -> None:
        """See `Manifests`."""
        with self._database.write() as connection:
            connection.execute(_ADD_REPOSITORY, {"name": repository.name})
            if connection.execute(_ADD_MANIFEST, _manifest_row(repository, manifest)).rowcount:
                record(connection, EventKind.MANIFEST_STORED, repository, manifest, None, caller, at)
            for write in tags:
                _bind(connection, repository, manifest, write, caller, at)


def _bind(
    connection: Connection, repository: Repository, manifest: Manifest, write: TagWrite, caller: str, at: datetime
) -> None:
    kind = EventKind.TAG_MOVED if write.expected else EventKind.TAG_BOUND
    sequence = record(connection, kind, repository, manifest, write, caller, at)
    values = {"digest": str(manifest.digest), "author": caller, "bound_at": at}
    if write.expected:
        key = {"in_repository": repository.name, "tag": write.tag.name, "expected": str(write.expected)}
        changed = connection.execute(_MOVE.values(values), key).rowcount
    else:
        key = {"repository": repository.name, "name": write.tag.name}
        fixed = {"immutable": write.immutable, "created": sequence}
        changed = connection.execute(_BIND, key | values | fixed).rowcount
    if not changed:
        raise TagRaced


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


def _binding(row: Row[tuple[object, ...]] | None) -> TagBinding | None:
    if row is None:
        return None
    digest = Digest.parse(row.digest)
    return TagBinding(Repository(row.repository), Tag(row.name), digest, row.immutable, row.author, row.bound_at)
