"""Bytes on their way into parts of equal size, whatever the size of the pieces in which they come.

Parts are sent by a few threads while more bytes come in. What is held in memory is the part that is being filled, and
those on their way: a few of them for one upload, and a few more for all.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from threading import BoundedSemaphore
from typing import NamedTuple

from pierone_adapters.s3.answers import AbsentError
from pierone_adapters.s3.bucket import Bucket, Part
from pierone_adapters.s3.state import UploadState
from pierone_core.errors import BlobUploadUnknown, RegistryError, Unavailable
from pierone_core.values import Digest, Hash

THREADS = 8
_ON_THEIR_WAY = 2


class Senders:
    """The threads that send the parts of all uploads; whoever has one to send waits until a thread is free."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="part")
        self._free = BoundedSemaphore(THREADS)

    def send(self, key: str, multipart: str, number: int, data: bytes) -> "Future[Part]":
        """Send a part while the caller goes on; raises `Unavailable` if the system has no thread for it."""
        self._free.acquire()
        try:
            sending = self._threads.submit(self._send, key, multipart, number, data)
        except RuntimeError as error:
            self._free.release()
            raise Unavailable("the registry has no thread left to send with; try again") from error
        sending.add_done_callback(lambda _: self._free.release())
        return sending

    def _send(self, key: str, multipart: str, number: int, data: bytes) -> Part:
        try:
            return self.bucket.put_part(key, multipart, number, data)
        except AbsentError as error:
            raise BlobUploadUnknown("this upload was finished or cancelled by another request") from error


class Progress(NamedTuple):
    """A state that an upload can go on from, and the running hash of its bytes if it is at hand."""

    state: UploadState
    running: Hash | None


class _Sent(NamedTuple):
    sending: "Future[Part]"
    size: int
    running: Hash | None  # of everything up to the end of this part


class PartStream:
    """The bytes of one upload; not for several threads at once."""

    def __init__(self, senders: Senders, state: UploadState, running: Hash | None, algorithm: str) -> None:
        self._senders, self._key, self._algorithm = senders, state.key, algorithm
        self._begun_at, self._begun_with = state.offset, state.digest
        self._arrived = Progress(replace(state, tail=b"", offset=state.offset - len(state.tail), digest=None), None)
        self._running = running
        self._on_their_way: deque[_Sent] = deque()
        self._tail: list[bytes] = [state.tail]
        self._tail_bytes = len(state.tail)
        self._failure: Callable[[], RegistryError] | None = None
        self.offset = state.offset
        self.multipart = state.multipart

    def write(self, batch: bytes) -> None:
        """Append; raises the `RegistryError` that a part failed with, and does so from then on."""
        self._check()
        while batch:
            if self._tail_bytes == self._arrived.state.part_bytes:
                self._send_tail()
            room = self._arrived.state.part_bytes - self._tail_bytes
            self._append(batch[:room])
            batch = batch[room:]
        # A blob of one part is an object of its own, so its first part waits for more; a later one need not be kept.
        if self.multipart and self._tail_bytes == self._arrived.state.part_bytes:
            self._send_tail()

    def _append(self, piece: bytes) -> None:
        if self._running:
            self._running.update(piece)
        self._tail.append(piece)
        self._tail_bytes += len(piece)
        self.offset += len(piece)

    def _send_tail(self) -> None:
        while len(self._on_their_way) >= _ON_THEIR_WAY:
            self._await_first()
        if self.multipart is None:
            self.multipart = self._senders.bucket.begin(self._key)
        number = len(self._arrived.state.parts) + len(self._on_their_way) + 1
        self._tail = [b"".join(self._tail)]
        sending = self._senders.send(self._key, self.multipart, number, self._tail[0])
        running = self._running.copy() if self._running else None
        self._on_their_way.append(_Sent(sending, self._tail_bytes, running))
        self._tail, self._tail_bytes = [], 0

    def _await_first(self) -> None:
        first = self._on_their_way[0]
        size, running = first.size, first.running
        try:
            part = first.sending.result()
        except RegistryError as error:
            # Not the error itself: its traceback holds this stream, and the part that failed.
            self._failure = partial(type(error), error.message, error.detail)
            self._give_up()
            raise
        finally:
            del first  # it holds the error, too
        self._on_their_way.popleft()
        state = self._arrived.state
        arrived = replace(state, multipart=self.multipart, parts=(*state.parts, part), offset=state.offset + size)
        self._arrived = self._progress(arrived, running)

    def _progress(self, state: UploadState, running: Hash | None) -> Progress:
        digest = self._begun_with if state.offset == self._begun_at else None
        if running:
            digest = str(Digest(self._algorithm, running.hexdigest()))
        return Progress(replace(state, digest=digest), running)

    def _give_up(self) -> None:
        # No part may still be under way when the next request sends one of the same number.
        wait([sent.sending for sent in self._on_their_way])
        self._on_their_way.clear()
        self._tail, self._tail_bytes = [], 0
        self._running = self._arrived.running
        self.offset = self._arrived.state.offset

    def _check(self) -> None:
        if self._failure:  # what came after the part that failed is lost: more bytes would be at the wrong place
            raise self._failure()

    def arrived(self) -> Progress:
        """What is in parts that S3 has."""
        return self._arrived

    def settled(self) -> Progress:
        """All of it, once everything on its way has arrived; raises as `write`."""
        self._check()
        while self._on_their_way:
            self._await_first()
        state = replace(self._arrived.state, tail=b"".join(self._tail), offset=self.offset)
        return self._progress(state, self._running)

    def sealed(self) -> Progress:
        """All of it in parts, the last one as long as it happens to be; raises as `write`."""
        if self._tail_bytes:
            self._send_tail()
        return self.settled()
