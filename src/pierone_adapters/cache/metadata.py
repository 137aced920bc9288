"""Manifests by digest, immutable tags and blob sizes without a look-up.

Only what is there and can never change is kept, so nothing ever has to be invalidated: neither absence, nor
mutable tags, nor the newest tag. Keys name the repository: what is visible in one is not in another.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from pierone_adapters.cache.lru import Lru
from pierone_core.ports import Manifests, Metadata, RepositoryBlobs
from pierone_core.records import ManifestWrite, StoredManifest, TagBinding
from pierone_core.values import Digest, Repository, Tag

# What an entry of a few short strings takes with its key and its place in the map, measured with tracemalloc.
_ENTRY_BYTES = 1000


def cached(metadata: Metadata, max_bytes: int) -> Metadata:
    """`metadata` with about `max_bytes` of memory for what cannot change."""
    share = max_bytes // 3
    return replace(
        metadata,
        manifests=CachedManifests(metadata.manifests, Lru(share), Lru(share)),
        blobs=CachedRepositoryBlobs(metadata.blobs, Lru(share)),
    )


@dataclass(frozen=True)
class CachedManifests:
    """See `Manifests`."""

    _store: Manifests
    _manifests: Lru[StoredManifest]
    _tags: Lru[TagBinding]

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """See `Manifests`."""
        found = self._manifests.get((repository, digest))
        if found is None and (found := self._store.get(repository, digest)):
            self._keep(repository, found)
        return found

    def has(self, repository: Repository, digest: Digest) -> bool:
        """See `Manifests`."""
        return self._manifests.get((repository, digest)) is not None or self._store.has(repository, digest)

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """See `Manifests`."""
        found = self._tags.get((repository, tag))
        if found is None and (found := self._store.tag(repository, tag)):
            self._keep_tag(found)
        return found

    def tagged(self, repository: Repository, tag: Tag) -> tuple[TagBinding, StoredManifest] | None:
        """See `Manifests`."""
        binding = self._tags.get((repository, tag))
        manifest = self._manifests.get((repository, binding.digest)) if binding else None
        if binding and manifest:
            return binding, manifest
        if found := self._store.tagged(repository, tag):
            self._keep_tag(found[0])
            self._keep(repository, found[1])
        return found

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """See `Manifests`."""
        return self._store.tags_newest_first(repository)

    def store(self, write: ManifestWrite) -> None:
        """See `Manifests`."""
        self._store.store(write)

    def _keep(self, repository: Repository, manifest: StoredManifest) -> None:
        self._manifests.put((repository, manifest.digest), manifest, len(manifest.data) + _ENTRY_BYTES)

    def _keep_tag(self, binding: TagBinding) -> None:
        if binding.immutable:
            self._tags.put((binding.repository, binding.tag), binding, _ENTRY_BYTES)


@dataclass(frozen=True)
class CachedRepositoryBlobs:
    """See `RepositoryBlobs`."""

    _store: RepositoryBlobs
    _sizes: Lru[int]

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        size = self._sizes.get((repository, digest))
        if size is None and (size := self._store.size(repository, digest)) is not None:
            self._sizes.put((repository, digest), size, _ENTRY_BYTES)
        return size

    def size_anywhere(self, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        return self._store.size_anywhere(digest)

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """See `RepositoryBlobs`."""
        self._store.add(repository, digest, size)
        self._sizes.put((repository, digest), size, _ENTRY_BYTES)

    def recount(self) -> None:
        """See `RepositoryBlobs`."""
        self._store.recount()

    def everywhere(self, after: str, limit: int) -> Sequence[tuple[Digest, int]]:
        """See `RepositoryBlobs`."""
        return self._store.everywhere(after, limit)
