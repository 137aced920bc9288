"""Spec chapter "Pull": manifests by tag or digest, blobs by digest."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from pierone_core.errors import BlobUnknown, ManifestUnknown, Unavailable
from pierone_core.ports import BlobReader, BlobStore, Manifests, RepositoryBlobs
from pierone_core.records import StoredManifest
from pierone_core.values import Digest, Repository, Tag


@dataclass(frozen=True, slots=True)
class Pull:
    """The use cases that read content. Any caller with a proven identity may; see `access_policy`."""

    manifests: Manifests
    blobs: RepositoryBlobs
    store: BlobStore

    def get_manifest(self, repository: Repository, reference: Tag | Digest) -> tuple[StoredManifest, bool]:
        """The manifest, and whether `reference` names it for ever (end-3); raise `ManifestUnknown`."""
        stored, final = self._find(repository, reference)
        if stored is None:
            raise ManifestUnknown(f"{repository} has no manifest {reference}", {"reference": str(reference)})
        return stored, final

    def _find(self, repository: Repository, reference: Tag | Digest) -> tuple[StoredManifest | None, bool]:
        if isinstance(reference, Digest):
            return self.manifests.get(repository, reference), True
        if reference.is_latest:
            newest = self._newest(repository)
            return (self.manifests.get(repository, newest) if newest else None), False
        found = self.manifests.tagged(repository, reference)
        return (found[1], found[0].immutable) if found else (None, False)

    def _newest(self, repository: Repository) -> Digest | None:
        """What `latest` names; a signature is not a newer version of what it signs."""
        with closing(self.manifests.tags_newest_first(repository)) as bindings:
            return next((binding.digest for binding in bindings if not binding.tag.names_referrers), None)

    def blob_size(self, repository: Repository, digest: Digest) -> int:
        """The size of a blob in bytes (end-2); raise `BlobUnknown`."""
        size = self.blobs.size(repository, digest)
        if size is None:
            raise BlobUnknown(f"{repository} has no blob {digest}", {"digest": str(digest)})
        return size

    def find_blob(self, digest: Digest, start: int, stop: int) -> str | BlobReader:
        """Where a client may read a blob that `blob_size` found by itself, else as `open_blob`."""
        with _known(digest):
            return self.store.url(digest) or self.store.open_blob(digest, start, stop)

    def open_blob(self, digest: Digest, start: int, stop: int) -> BlobReader:
        """Bytes [start, stop) of a blob that `blob_size` found; close the reader. Raises `Unavailable`."""
        with _known(digest):
            return self.store.open_blob(digest, start, stop)

    def find_whole_blob(self, digest: Digest, size: int) -> str | bytes:
        """As `find_blob`, all of it in memory and compared with its digest; raise `Unavailable` if it differs."""
        found = self.find_blob(digest, 0, size)
        return found if isinstance(found, str) else _verified(digest, found)

    def get_blob(self, repository: Repository, digest: Digest) -> bytes:
        """A whole blob in memory, compared with its digest; raise `BlobUnknown` and `Unavailable`."""
        return _verified(digest, self.open_blob(digest, 0, self.blob_size(repository, digest)))


def _verified(digest: Digest, reader: BlobReader) -> bytes:
    try:
        data = b"".join(iter(lambda: reader.read(1 << 20), b""))
    finally:
        reader.close()
    if Digest.of(data, digest.algorithm) != digest:
        raise Unavailable(f"blob {digest} is damaged in the registry's storage; tell its operator (see fsck)")
    return data


@contextmanager
def _known(digest: Digest) -> Iterator[None]:
    try:
        yield
    except BlobUnknown as error:  # known to the metadata, so this is damage or an unmounted disk, not a 404
        raise Unavailable(f"the bytes of {digest} cannot be read now; tell the operator of the registry") from error
