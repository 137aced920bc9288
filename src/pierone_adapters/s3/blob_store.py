"""`BlobStore` in a bucket that any number of processes share."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pierone_adapters.s3.answers import AbsentError, RefusedError
from pierone_adapters.s3.blobs import Blobs, Place
from pierone_adapters.s3.bucket import Bucket
from pierone_adapters.s3.memory import Memory
from pierone_adapters.s3.options import Layout, S3Options
from pierone_adapters.s3.reader import S3BlobReader
from pierone_adapters.s3.shared import Shared
from pierone_adapters.s3.state import States
from pierone_adapters.s3.strays import strays
from pierone_adapters.s3.stream import Senders
from pierone_adapters.s3.upload import S3UploadWriter
from pierone_core.errors import BlobUnknown, Unavailable, UploadBusy
from pierone_core.values import Digest

# S3 tells whole seconds: what was written in this one looks older than it is.
_CLOCK_STEP = timedelta(seconds=1)
_LOG = logging.getLogger(__name__)


class S3BlobStore:
    """Blobs below a prefix of a bucket."""

    prompt = False

    def __init__(self, options: S3Options) -> None:
        """Nothing is sent yet: see `check_bucket`."""
        self._options, self._layout = options, Layout(options.prefix)
        self._bucket = Bucket(options)
        self._blobs, self._states = Blobs(self._bucket, self._layout), States(self._bucket, self._layout)
        self._memory = Memory()
        self._shared = Shared(
            self._bucket,
            self._layout,
            self._blobs,
            self._states,
            Senders(self._bucket),
            self._memory,
            options.part_bytes,
        )
        self._held: dict[str, S3UploadWriter | None] = {}
        self._mutex = threading.Lock()

    def open_upload(self, upload_id: str, algorithm: str) -> S3UploadWriter:
        """See `BlobStore`."""
        self._hold(upload_id)
        try:
            writer = S3UploadWriter(self._shared, upload_id, algorithm, lambda: self._release(upload_id))
        except BaseException:
            self._release(upload_id)
            raise
        self._held[upload_id] = writer
        return writer

    def _hold(self, upload_id: str) -> None:
        with self._mutex:
            if upload_id in self._held:
                raise UploadBusy("another request is writing to this upload; ask for its status and go on")
            self._held[upload_id] = None

    def _release(self, upload_id: str) -> None:
        with self._mutex:
            del self._held[upload_id]

    def upload_size(self, upload_id: str) -> int:
        """See `BlobStore`."""
        writer = self._held.get(upload_id)
        return writer.offset if writer else self._states.size(upload_id)

    def discard_upload(self, upload_id: str) -> None:
        """See `BlobStore`."""
        self._hold(upload_id)
        try:
            self._discard(upload_id)
        finally:
            self._release(upload_id)

    def _discard(self, upload_id: str) -> None:
        published = self._memory.recall(upload_id).published
        if published is None:
            self._abort(self._layout.large(upload_id))
        if published is None or published.has_state:
            self._states.remove(upload_id)

    def _abort(self, prefix: str) -> None:
        for begun in list(self._bucket.multiparts(prefix)):
            with suppress(AbsentError):
                self._bucket.abort(begun.key, begun.multipart)

    def idle_uploads(self, before: datetime) -> Sequence[str]:
        """See `BlobStore`."""
        before -= _CLOCK_STEP
        written = {found.key: found.written_at for found in self._bucket.objects(self._layout.uploads)}
        idle = {key.removeprefix(self._layout.uploads) for key, at in written.items() if at < before}
        for begun in self._bucket.multiparts(self._layout.large_blobs):
            upload_id = self._layout.upload_id(begun.key)
            # One that has a state is as old as that; one without was begun in a request that did not end well.
            if begun.begun_at < before and self._layout.upload(upload_id) not in written:
                idle.add(upload_id)
        return sorted(idle)

    def open_blob(self, digest: Digest, start: int, stop: int) -> S3BlobReader:
        """See `BlobStore`."""
        try:
            return self._open(digest, self._find(digest), start, stop)
        except Unavailable:
            self._blobs.forget(digest)  # an operator may mend it, and the bytes lie elsewhere then
            raise

    def _open(self, digest: Digest, place: Place, start: int, stop: int) -> S3BlobReader:
        if place.size < stop:
            raise Unavailable(f"blob {digest} is damaged: its object is too short")
        return S3BlobReader(self._bucket, place.key, start, stop)

    def _find(self, digest: Digest) -> Place:
        place = self._blobs.find(digest)
        if place is None:
            self._bucket.check()  # a HEAD says the same if the whole bucket is gone
            raise BlobUnknown(f"no blob {digest}")
        return place

    def url(self, digest: Digest) -> str | None:
        """See `BlobStore`."""
        seconds = self._options.url_seconds
        return self._bucket.url(self._find(digest).key, seconds) if seconds else None

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int | None]]:
        """See `BlobStore`."""
        return self._blobs.all(after)

    def strays(self) -> Iterator[tuple[str, str]]:
        """See `BlobStore`."""
        return strays(self._bucket, self._layout, self._blobs)

    def check(self) -> None:
        """See `BlobStore`."""
        self._bucket.check()

    def check_bucket(self) -> None:
        """Raise `ValueError` if the bucket cannot be what the operator meant; S3 may be out of reach for the moment."""
        name = self._options.bucket
        try:
            if not self._bucket.exists():
                raise ValueError(f"there is no S3 bucket {name}: create it, or name another one")
            if self._options.lock and not self._bucket.has_lock():
                raise ValueError(f"the S3 bucket {name} was made without Object Lock, so blobs cannot be locked in it")
        except RefusedError as error:
            raise ValueError(
                f"S3 gives no access to the bucket {name} ({error.reason}): check name, region, endpoint, credentials"
            ) from error
        except Unavailable as error:
            _LOG.warning("the S3 bucket %s could not be checked at start: %s", name, error.message)
