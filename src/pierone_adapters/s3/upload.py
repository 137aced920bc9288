"""`UploadWriter` over a stream of parts and a state that is saved when the request ends."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pierone_adapters.s3.memory import Known, Published
from pierone_adapters.s3.publication import LargePublication, check, check_again, withdraw
from pierone_adapters.s3.shared import Shared
from pierone_adapters.s3.state import UploadState
from pierone_adapters.s3.stream import PartStream, Progress
from pierone_core.errors import (
    BlobUploadInvalid,
    BlobUploadUnknown,
    ContentTooLarge,
    DigestInvalid,
    RegistryError,
    Unavailable,
    UploadBusy,
)
from pierone_core.values import Digest, Hash, new_hash

MAX_PARTS = 10_000
# How many parts a crash may cost: the state is saved when so many more have arrived.
_PARTS_BETWEEN_SAVES = 8


class S3UploadWriter:
    """One upload, held by this process; other processes are noticed when the state is saved.

    The mutex keeps `close` from saving under a write that a cancelled request left running.
    """

    def __init__(self, shared: Shared, upload_id: str, algorithm: str, release: Callable[[], None]) -> None:
        """Load the state, or begin with none; `release` lets other requests of this process at the upload."""
        self._shared, self._id, self._algorithm, self._release = shared, upload_id, algorithm, release
        self._mutex, self._open = threading.Lock(), True
        known = shared.memory.recall(upload_id)
        self._published = known.published
        # The last part may be shorter than all others: a state with it that could be added to must never be saved.
        self._is_sealed = self._has_completed = False
        loaded = None if known.published else shared.states.load(upload_id)
        self._state = loaded[0] if loaded else shared.begun(upload_id)
        self._etag = loaded[1] if loaded else None
        running = self._running(known)
        self._stream = PartStream(shared.senders, self._state, running, algorithm)

    def _running(self, known: Known) -> Hash | None:
        if known.etag and (known.etag, known.algorithm) == (self._etag, self._algorithm):
            return known.running
        if self._state.parts:
            return None
        running = new_hash(self._algorithm)
        running.update(self._state.tail)
        return running

    @property
    def offset(self) -> int:
        """See `UploadWriter`."""
        if self._published:
            return self._published.size
        return max(self._stream.offset, self._state.offset)

    @property
    def is_published(self) -> bool:
        """See `UploadWriter`."""
        self._check_open()
        return self._published is not None or self._state.claim is not None

    def write(self, batch: bytes) -> None:
        """See `UploadWriter`; raises `ContentTooLarge` for more than fits 10,000 parts."""
        if self.is_published:
            raise BlobUploadInvalid("this upload is complete; close it with a PUT that has no body")
        with self._mutex, self._judged():
            self._check_open()
            self._check_room(len(batch))
            self._stream.write(batch)
            arrived = self._stream.arrived()
            if len(arrived.state.parts) >= len(self._state.parts) + _PARTS_BETWEEN_SAVES:
                self._save(arrived.state)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Where the parts are gone, raise as `_save` if that is because another request has brought the upload on."""
        try:
            yield
        except BlobUploadUnknown:
            if self._open and self._etag:
                self._save(self._state)
            raise

    def _check_room(self, more: int) -> None:
        most = MAX_PARTS * self._state.part_bytes
        if self._stream.offset + more > most:
            raise ContentTooLarge(
                f"the registry takes blobs of at most {most} bytes; PIERONE_S3_PART_BYTES decides", {"limit": most}
            )

    def _save(self, state: UploadState) -> None:
        try:
            self._etag = self._shared.states.save(self._id, state, self._etag)
        except (UploadBusy, BlobUploadUnknown):
            self._give_up()
            raise
        self._state = state

    def _give_up(self) -> None:
        """Leave the upload to who is faster, but for parts that nobody else knows of."""
        self._let_go()
        own = self._stream.multipart
        if own and own != self._state.multipart:
            self._shared.abort_unnamed(self._id, self._state.key, own)

    def publish(self, digest: Digest) -> int:
        """See `UploadWriter`."""
        with self._mutex, self._judged():
            self._check_open()
            try:
                return self._publish(digest)
            except DigestInvalid:
                self._drop()
                raise

    def _publish(self, digest: Digest) -> int:
        if self._published:
            check_again(self._published.digest, digest)
            return self._published.size
        if self._stream.multipart:
            self._publish_large(digest)
        else:
            self._publish_small(digest)
        self._published = Published(digest, self._stream.offset, has_state=self._etag is not None)
        return self._published.size

    def _publish_small(self, digest: Digest) -> None:
        state = self._stream.settled().state
        same = state.digest is not None and digest.algorithm == self._algorithm
        check(Digest.parse(state.digest) if same and state.digest else Digest.of(state.tail, digest.algorithm), digest)
        self._shared.blobs.put(digest, state.tail)

    def _publish_large(self, digest: Digest) -> None:
        publication = LargePublication(self._shared.bucket, self._shared.blobs, self._save, self._has_completed)
        if not self._state.claim:
            self._is_sealed = True
        state = self._state if self._state.claim else self._stream.sealed().state
        try:
            publication.run(publication.claim(state, digest), digest)
        finally:
            self._has_completed = publication.has_completed

    def _drop(self) -> None:
        """Forget the upload: its bytes are not what was said. Raises as `_save` if it is another's by now."""
        self._give_up()
        if self._etag:
            self._shared.states.drop(self._id, self._etag)
            withdraw(self._shared.bucket, self._state, has_completed=self._has_completed)
        if self._etag or (self._published and self._published.has_state):
            self._shared.states.remove(self._id)

    def close(self) -> None:
        """See `UploadWriter`; raises as `write` if what was written could not be saved."""
        with self._mutex:
            if not self._open:
                return
            try:
                self._shared.memory.remember(self._id, self._left_behind())
            finally:
                self._let_go()

    def _left_behind(self) -> Known:
        if self._published or self._state.claim or self._is_sealed:
            return Known(published=self._published)
        failure, progress = self._settled()
        if progress.state.offset > self._state.offset:
            self._save(progress.state)
        try:
            if failure:
                raise failure
        finally:
            del failure  # by its traceback it holds this frame, and would hold itself
        return Known(self._etag, self._algorithm, progress.running)

    def _settled(self) -> tuple[RegistryError | None, Progress]:
        try:
            return None, self._stream.settled()
        except RegistryError as error:
            return error, self._stream.arrived()

    def _check_open(self) -> None:
        if not self._open:
            raise Unavailable("this request was given up")

    def _let_go(self) -> None:
        if self._open:
            self._open = False
            self._release()
