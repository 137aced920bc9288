"""Where bytes lie: uploads under way, and blobs by digest."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pierone_core.values import Digest


class UploadWriter(Protocol):
    """One upload, held by one request at a time. Close it always; what was written stays for the next request."""

    @property
    def offset(self) -> int:
        """How many bytes the upload has."""

    @property
    def is_published(self) -> bool:
        """Whether the upload is a blob already: then it takes no more bytes, but can be published again."""

    def write(self, batch: bytes) -> None:
        """Append `batch`, all of it or nothing; raises `BlobUploadInvalid` if the upload is published."""

    def publish(self, digest: Digest) -> int:
        """Verify, make durable and make visible as blob `digest`; return its size in bytes.

        The upload stays until it is discarded, so a push whose metadata could not be written can be repeated.
        Raises `DigestInvalid` if the bytes are others: then the upload is gone and nothing is kept.
        """

    def close(self) -> None:
        """Let go of the upload; closing twice is harmless."""


class FileExtent(NamedTuple):
    """Bytes [start, stop) of an open file of this machine."""

    fd: int
    start: int
    stop: int


class BlobReader(Protocol):
    """The bytes of (a range of) a blob, read forward once."""

    @property
    def extent(self) -> FileExtent | None:
        """Where the bytes lie, if in a file: good until the reader is closed. Another way to read them."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; empty at the end of the range."""

    def close(self) -> None:
        """Release what the reader holds."""


class BlobStore(Protocol):
    """Where blob bytes lie, by digest; knows nothing of repositories."""

    @property
    def prompt(self) -> bool:
        """Whether its calls take microseconds, but for what they wait for a disk."""

    def open_upload(self, upload_id: str, algorithm: str) -> UploadWriter:
        """Hold the upload, begun on first use; raises `UploadBusy` while another request holds it."""

    def upload_size(self, upload_id: str) -> int:
        """How many bytes the upload has; 0 if it was never written to."""

    def discard_upload(self, upload_id: str) -> None:
        """Forget the upload's bytes; raises `UploadBusy` while a request holds it."""

    def idle_uploads(self, before: datetime) -> Sequence[str]:
        """Ids of uploads whose bytes were last written before that time."""

    def open_blob(self, digest: Digest, start: int, stop: int) -> BlobReader:
        """Bytes [start, stop) of a blob; raises `BlobUnknown`."""

    def url(self, digest: Digest) -> str | None:
        """Where a client may read the blob by itself for some time; None where it cannot; raises `BlobUnknown`."""

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int | None]]:
        """Every blob with its size in bytes, in byte order of the digests' texts, from those behind `after` on.

        The size is None where the store knows of the blob, but not where all its bytes are.
        """

    def strays(self) -> Iterator[tuple[str, str]]:
        """What lies among the blobs and is of none: its name in the store, and why it is of none."""

    def check(self) -> None:
        """Return if the store answers; else raise `Unavailable`."""
