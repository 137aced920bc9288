"""Blobs and uploads in dictionaries."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO

from pierone_core.errors import (
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    Unavailable,
    UploadBusy,
)
from pierone_core.values import Digest


@dataclass
class _Upload:
    data: bytearray = field(default_factory=bytearray)
    held: threading.Lock = field(default_factory=threading.Lock)
    is_published: bool = False
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class MemoryBlobStore:
    """`BlobStore` in memory."""

    prompt = True

    def __init__(self) -> None:
        """An empty store."""
        self._blobs: dict[Digest, bytes] = {}
        self._uploads: dict[str, _Upload] = {}

    def open_upload(self, upload_id: str, algorithm: str) -> "MemoryUploadWriter":  # noqa: ARG002 - hashed at the end
        """See `BlobStore`."""
        upload = self._uploads.setdefault(upload_id, _Upload())
        if not upload.held.acquire(blocking=False):
            raise UploadBusy("another request is writing to this upload", {"upload": upload_id})
        if self._uploads.get(upload_id) is not upload:  # discarded between these two lines
            upload.held.release()
            raise BlobUploadUnknown("this upload was finished by another request")
        return MemoryUploadWriter(self, upload_id, upload)

    def upload_size(self, upload_id: str) -> int:
        """See `BlobStore`."""
        upload = self._uploads.get(upload_id)
        return len(upload.data) if upload else 0

    def discard_upload(self, upload_id: str) -> None:
        """See `BlobStore`."""
        self.open_upload(upload_id, "sha256").discard()

    def idle_uploads(self, before: datetime) -> Sequence[str]:
        """See `BlobStore`."""
        return [upload_id for upload_id, upload in list(self._uploads.items()) if upload.written_at < before]

    def open_blob(self, digest: Digest, start: int, stop: int) -> "MemoryBlobReader":
        """See `BlobStore`."""
        if digest not in self._blobs:
            raise BlobUnknown(f"no blob {digest}")
        return MemoryBlobReader(self._blobs[digest][start:stop])

    def url(self, digest: Digest) -> None:
        """See `BlobStore`."""

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int]]:
        """See `BlobStore`."""
        for digest, data in sorted(self._blobs.items(), key=lambda blob: str(blob[0])):
            if str(digest) > after:
                yield digest, len(data)

    def strays(self) -> Iterator[tuple[str, str]]:
        """See `BlobStore`."""
        return iter(())

    def check(self) -> None:
        """See `BlobStore`."""

    def keep(self, digest: Digest, data: bytes) -> None:
        """Make verified bytes visible."""
        self._blobs.setdefault(digest, data)

    def forget_upload(self, upload_id: str) -> None:
        """Drop an upload's bytes."""
        self._uploads.pop(upload_id, None)


class MemoryBlobReader(BytesIO):
    """`BlobReader` over bytes."""

    extent = None


class MemoryUploadWriter:
    """`UploadWriter` over a `bytearray`."""

    def __init__(self, store: MemoryBlobStore, upload_id: str, upload: _Upload) -> None:
        """Hold `upload`, whose lock the store has taken."""
        self._store, self._id, self._upload = store, upload_id, upload
        self._open = True

    @property
    def offset(self) -> int:
        """See `UploadWriter`."""
        return len(self._upload.data)

    @property
    def is_published(self) -> bool:
        """See `UploadWriter`."""
        self._check_open()
        return self._upload.is_published

    def write(self, batch: bytes) -> None:
        """See `UploadWriter`."""
        if self.is_published:
            raise BlobUploadInvalid("this upload is complete; close it with a PUT that has no body")
        self._upload.data += batch
        self._upload.written_at = datetime.now(UTC)

    def publish(self, digest: Digest) -> int:
        """See `UploadWriter`."""
        self._check_open()
        data = bytes(self._upload.data)
        actual = Digest.of(data, digest.algorithm)
        if actual != digest:
            self.discard()
            raise DigestInvalid(f"the uploaded bytes have digest {actual}, not {digest}; push them again")
        self._store.keep(digest, data)
        self._upload.is_published = True
        return len(data)

    def discard(self) -> None:
        """Drop the upload."""
        self._store.forget_upload(self._id)
        self.close()

    def _check_open(self) -> None:
        if not self._open:
            raise Unavailable("this request was given up")

    def close(self) -> None:
        """See `UploadWriter`."""
        if self._open:
            self._open = False
            self._upload.held.release()
