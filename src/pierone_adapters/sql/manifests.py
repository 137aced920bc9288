"""`Manifests` in SQL: reads by key. How a manifest is stored differs, see `sqlite_store` and `postgres_store`."""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import manifests, tags
from pierone_core.records import ManifestWrite, StoredManifest, TagBinding
from pierone_core.values import Digest, Repository, Tag

_KEY = (manifests.c.repository == bindparam("repository")) & (manifests.c.digest == bindparam("digest"))
GET = select(manifests.c.media_type, manifests.c.data).where(_KEY)
HAS = select(manifests.c.size).where(_KEY)
_BINDING = select(tags).where(tags.c.repository == bindparam("repository"))
TAG = _BINDING.where(tags.c.name == bindparam("name"))
TAGGED = (
    select(tags, manifests.c.media_type, manifests.c.data)
    .join(manifests, (manifests.c.repository == tags.c.repository) & (manifests.c.digest == tags.c.digest))
    .where(tags.c.repository == bindparam("repository"), tags.c.name == bindparam("name"))
)
NEWEST_FIRST = (
    _BINDING.where(tags.c.created < bindparam("before")).order_by(tags.c.created.desc()).limit(bindparam("how_many"))
)
_AFTER_ALL = 2**63 - 1
# The first is nearly always the one that is wanted; signatures may lie above it.
_TAGS_AT_ONCE, _TAGS_AT_MOST = 4, 1024


@dataclass(frozen=True)
class SqlManifests:
    """See `Manifests`."""

    _database: Database
    _store: Callable[[ManifestWrite], None]

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """See `Manifests`."""
        rows = self._database.read(GET, {"repository": repository.name, "digest": str(digest)})
        return StoredManifest(digest, rows[0].media_type, rows[0].data) if rows else None

    def has(self, repository: Repository, digest: Digest) -> bool:
        """See `Manifests`."""
        return bool(self._database.read(HAS, {"repository": repository.name, "digest": str(digest)}))

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """See `Manifests`."""
        rows = self._database.read(TAG, {"repository": repository.name, "name": tag.name})
        return _binding(rows[0]) if rows else None

    def tagged(self, repository: Repository, tag: Tag) -> tuple[TagBinding, StoredManifest] | None:
        """See `Manifests`."""
        rows = self._database.read(TAGGED, {"repository": repository.name, "name": tag.name})
        if not rows:
            return None
        binding = _binding(rows[0])
        return binding, StoredManifest(binding.digest, rows[0].media_type, rows[0].data)

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """See `Manifests`."""
        before, how_many = _AFTER_ALL, _TAGS_AT_ONCE
        while True:
            parameters = {"repository": repository.name, "before": before, "how_many": how_many}
            rows = self._database.read(NEWEST_FIRST, parameters)
            yield from map(_binding, rows)
            if len(rows) < how_many:
                return
            before, how_many = rows[-1].created, min(2 * how_many, _TAGS_AT_MOST)

    def store(self, write: ManifestWrite) -> None:
        """See `Manifests`."""
        self._store(write)


def manifest_row(write: ManifestWrite) -> dict[str, object]:
    """The manifest's columns."""
    manifest = write.manifest
    return {
        "repository": write.repository.name,
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
