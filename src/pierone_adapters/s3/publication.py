"""The steps from an upload's bytes to a blob, each of which can be repeated after whatever happened to the one before.

A small blob is verified and written in one request. For a large one, in this order: all bytes are in parts; the claim
is in the upload's state, so that no other request adds a byte any more; the parts become one object, whose key is
final; a pointer to it is put under the digest. The bytes are verified before the claim is made; where the running hash
was lost, they are read back once they are one object, since parts cannot be read.
"""

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from pierone_adapters.s3.answers import AbsentError, ConflictError, PartsChangedError, TakenError
from pierone_adapters.s3.blobs import Blobs, Place
from pierone_adapters.s3.bucket import Bucket
from pierone_adapters.s3.reader import S3BlobReader
from pierone_adapters.s3.state import UploadState
from pierone_core.errors import BlobUploadInvalid, BlobUploadUnknown, DigestInvalid, Unavailable, UploadBusy
from pierone_core.values import Digest, new_hash

_READ_SIZE = 1 << 20
_FINISHING = "another request is finishing this upload; ask for its status and go on"


class _Save(Protocol):
    def __call__(self, state: UploadState) -> None:
        """Replace the upload's state; raises `UploadBusy`, `BlobUploadUnknown`."""


@dataclass(slots=True)
class LargePublication:
    """One upload that is a multipart upload.

    Only who made the parts one object (`has_completed`) removes it: for others it may be the blob of an upload that has
    ended, whose first state arrived a second time.
    """

    bucket: Bucket
    blobs: Blobs
    save: _Save
    has_completed: bool = False

    def claim(self, state: UploadState, digest: Digest) -> UploadState:
        """Say as what the upload is to be published; raises `DigestInvalid` if its bytes are known to be others."""
        known = [Digest.parse(text) for text in (state.digest, state.is_verified and state.claim) if text]
        check(next((other for other in known if other.algorithm == digest.algorithm), digest), digest)
        if state.claim == str(digest):
            return state
        if state.is_verified:
            raise BlobUploadInvalid(f"this upload is complete as {state.claim}; close it with that digest")
        return self._claimed(state, digest, is_verified=str(digest) == state.digest)

    def _claimed(self, state: UploadState, digest: Digest, *, is_verified: bool) -> UploadState:
        """The state with this claim, once it is saved."""
        claimed = replace(state, claim=str(digest), is_verified=is_verified)
        self.save(claimed)
        return claimed

    def run(self, state: UploadState, digest: Digest) -> None:
        """Bring the claimed state to its end; raises as `UploadWriter.publish`."""
        place = self._kept(state, digest) or self._place(state, digest)
        # Others were faster; no pointer to our bytes can come any more.
        if place.key != state.key and self.has_completed:
            self.bucket.delete(state.key)

    def _kept(self, state: UploadState, digest: Digest) -> Place | None:
        """Where the blob lies already; if its bytes are damaged this raises, and our parts are kept."""
        place = self.blobs.whole(digest, state.offset) if state.is_verified else None
        if place:
            with suppress(AbsentError):  # the parts are one object already
                self.bucket.abort(state.key, state.multipart or "")
        return place

    def _place(self, state: UploadState, digest: Digest) -> Place:
        try:
            self._complete(state)
        except BlobUploadUnknown:  # an equal request may have removed the bytes, as the blob was there by then
            place = self._kept(state, digest)
            if place is None:
                raise
            return place
        if not state.is_verified:
            self._verify(state, digest)
            self._claimed(state, digest, is_verified=True)
        return self.blobs.point(digest, Place(state.key, state.offset))

    def _complete(self, state: UploadState) -> None:
        """Make the parts one object, unless that was done before: to a claim nobody adds, so it has the same bytes."""
        try:
            self.bucket.complete(state.key, state.multipart or "", state.parts)
            self.has_completed = True
        except PartsChangedError as error:
            raise BlobUploadInvalid(
                "two requests wrote to this upload at the same time, and its bytes are damaged; start a new one"
            ) from error
        except ConflictError as error:
            raise UploadBusy(_FINISHING) from error
        except (AbsentError, TakenError):  # done before, it seems
            pass
        self._check_size(state)

    def _check_size(self, state: UploadState) -> None:
        try:
            size = self.bucket.head(state.key).size
        except AbsentError:
            raise BlobUploadUnknown("this upload was finished or cancelled by another request") from None
        if size != state.offset:
            raise Unavailable(f"the storage (S3) has {size} bytes of this upload, not {state.offset}; start a new one")

    def _verify(self, state: UploadState, digest: Digest) -> None:
        running = new_hash(digest.algorithm)
        try:
            with closing(S3BlobReader(self.bucket, state.key, 0, state.offset)) as reader:
                while data := reader.read(_READ_SIZE):
                    running.update(data)
        except Unavailable as error:
            if isinstance(error.__cause__, AbsentError):  # an equal request was faster, and did not need it
                raise UploadBusy(_FINISHING) from error
            raise
        check(Digest(digest.algorithm, running.hexdigest()), digest)


def withdraw(bucket: Bucket, state: UploadState, *, has_completed: bool) -> None:
    """Remove the bytes of an upload that was dropped in this state, but not a blob; see `LargePublication`."""
    if state.multipart:
        with suppress(AbsentError):  # the parts are one object already
            bucket.abort(state.key, state.multipart)
    # A pointer is put only after the state says that its claim is verified, and nobody can make a dropped one say so.
    if has_completed and not state.is_verified:
        bucket.delete(state.key)


def check(actual: Digest, digest: Digest) -> None:
    """Raise `DigestInvalid` unless both are the same."""
    if actual != digest:
        raise DigestInvalid(f"the uploaded bytes have digest {actual}, not {digest}; push them again")


def check_again(published: Digest, digest: Digest) -> None:
    """Raise `DigestInvalid` or `BlobUploadInvalid` unless what is published is to be published as `digest`."""
    if published.algorithm == digest.algorithm:
        check(published, digest)
    else:
        raise BlobUploadInvalid(f"this upload is complete as {published}; close it with that digest")
