"""Small pieces of content to store, written the same way all over the contracts."""

import json
from datetime import UTC, datetime

from pierone_core.manifest import OCI_INDEX, OCI_MANIFEST, Manifest, parse
from pierone_core.ports import BlobReader, BlobStore
from pierone_core.records import ManifestWrite, TagWrite
from pierone_core.values import Digest, Repository, Tag

APP = Repository.parse("team/app")
OTHER = Repository.parse("team/other")
AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def artifact(about: str, subject: Digest | None = None, artifact_type: str | None = None) -> Manifest:
    """A manifest that needs no blobs; another text gives another digest."""
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [],
        "annotations": {"about": about},
    }
    if subject:
        document["subject"] = {"mediaType": OCI_MANIFEST, "digest": str(subject), "size": 2}
    if artifact_type:
        document["artifactType"] = artifact_type
    return parse(json.dumps(document).encode(), OCI_INDEX)


def fixed(name: str, expected: Digest | None = None) -> TagWrite:
    """An immutable tag to bind."""
    return TagWrite(Tag.parse(name), expected, immutable=True)


def movable(name: str, expected: Digest | None = None) -> TagWrite:
    """A mutable tag to bind, or to move away from `expected`."""
    return TagWrite(Tag.parse(name), expected, immutable=False)


def write(manifest: Manifest, *tags: TagWrite, repository: Repository = APP, caller: str = "alice") -> ManifestWrite:
    """What a push asks the store to do."""
    return ManifestWrite(repository, manifest, tags, caller, AT)


def publish(store: BlobStore, data: bytes, upload_id: str = "upload") -> Digest:
    """Bring `data` into the store under its digest."""
    digest = Digest.of(data)
    append(store, data, upload_id)
    writer = store.open_upload(upload_id, "sha256")
    try:
        writer.publish(digest)
    finally:
        writer.close()
    return digest


def append(store: BlobStore, data: bytes, upload_id: str = "upload") -> None:
    """Write `data` to the end of an upload, in a request of its own."""
    writer = store.open_upload(upload_id, "sha256")
    try:
        writer.write(data)
    finally:
        writer.close()


def read_all(reader: BlobReader, size: int = 1 << 20) -> bytes:
    """Everything that is left in `reader`, in pieces of `size` bytes; closes it."""
    try:
        return b"".join(iter(lambda: reader.read(size), b""))
    finally:
        reader.close()
