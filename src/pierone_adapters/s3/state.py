"""What is known of an upload between two requests, as one object that any replica can go on from.

A line of JSON, followed by the bytes that do not fill a part yet. It is only ever replaced by who has read exactly this
version of it (compare and set), so of two writers that do not know of each other one learns that it is the loser.
"""

import json
import uuid
import zlib
from dataclasses import asdict, dataclass, replace

from pierone_adapters.s3.answers import AbsentError, TakenError
from pierone_adapters.s3.bucket import Bucket, Part
from pierone_adapters.s3.options import Layout
from pierone_core.errors import BlobUploadUnknown, Unavailable, UploadBusy

_GONE = "this upload was finished or cancelled by another request"
_DROPPED = b"dropped"
_DAMAGED = "the state of this upload in the storage is damaged; start a new one"
_OFFSET, _MULTIPART, _NONCE = "offset", "multipart", "nonce"


@dataclass(frozen=True, slots=True)
class UploadState:
    """`offset` bytes: those of the `parts`, all of `part_bytes` (but the last one once there is a `claim`), and `tail`.

    The parts become one object at `key`, which nobody else ever makes: who comes when the upload has ended, and has no
    state any more, begins anew and at another key.

    `digest` is that of all of them, if it is known. `claim` is the digest to publish as: from then on no byte is added;
    `is_verified` tells whether it was compared with the bytes.
    """

    key: str
    part_bytes: int
    offset: int = 0
    multipart: str | None = None
    parts: tuple[Part, ...] = ()
    tail: bytes = b""
    digest: str | None = None
    claim: str | None = None
    is_verified: bool = False

    def encode(self) -> bytes:
        """As the object's content."""
        head = asdict(replace(self, tail=b"")) | {"tail": zlib.crc32(self.tail)}
        return json.dumps(head).encode() + b"\n" + self.tail

    @classmethod
    def decode(cls, data: bytes) -> "UploadState":
        """From the object's content; raises `Unavailable` if that is damaged."""
        line, _, tail = data.partition(b"\n")
        try:
            head = json.loads(line)
            is_whole = head.pop("tail") == zlib.crc32(tail)
            state = cls(**head | {"parts": tuple(Part(*part) for part in head["parts"]), "tail": tail})
        except (ValueError, TypeError, KeyError) as error:
            raise Unavailable(_DAMAGED) from error
        if not is_whole:
            raise Unavailable(_DAMAGED)
        return state


class States:
    """The states of all uploads in a bucket."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket, self._layout = bucket, layout

    def load(self, upload_id: str) -> tuple[UploadState, str] | None:
        """The state and the tag of this version; None if the upload has none; raises `BlobUploadUnknown` if dropped."""
        try:
            data, etag = self._bucket.get(self._layout.upload(upload_id))
        except AbsentError:
            return None
        if data == _DROPPED:
            raise BlobUploadUnknown(_GONE)
        return UploadState.decode(data), etag

    def save(self, upload_id: str, state: UploadState, etag: str | None) -> str:
        """Replace the version `etag` (None: there is none yet), return the tag of the new one.

        Raises `UploadBusy` if another request has written, `BlobUploadUnknown` if the upload is gone.
        """
        notes = {_OFFSET: str(state.offset), _MULTIPART: state.multipart or ""}
        return self._replace(upload_id, state.encode(), notes, etag)

    def drop(self, upload_id: str, etag: str) -> None:
        """Replace the version `etag` by what nobody goes on from, until `remove`; raises as `save`."""
        self._replace(upload_id, _DROPPED, {_OFFSET: "0"}, etag)

    def _replace(self, upload_id: str, data: bytes, notes: dict[str, str], etag: str | None) -> str:
        key, nonce = self._layout.upload(upload_id), uuid.uuid4().hex
        try:
            return self._bucket.put_state(key, data, notes | {_NONCE: nonce}, etag)
        except (TakenError, AbsentError):
            return self._after_all(key, nonce)

    def _after_all(self, key: str, nonce: str) -> str:
        # The answer to a first try may have been lost: then the second try finds what the first one wrote.
        try:
            found = self._bucket.head(key)
        except AbsentError:
            raise BlobUploadUnknown(_GONE) from None
        if found.notes.get(_NONCE) != nonce:
            raise UploadBusy("another request is writing to this upload; ask for its status and go on")
        return found.etag

    def size(self, upload_id: str) -> int:
        """How many bytes the upload has; 0 if it has no state."""
        try:
            return int(self._bucket.head(self._layout.upload(upload_id)).notes[_OFFSET])
        except AbsentError:
            self._bucket.check()  # a HEAD says the same if the whole bucket is gone
            return 0

    def names(self, upload_id: str, multipart: str) -> bool:
        """Whether the state is one of `multipart`: saving it may have succeeded although no answer came."""
        try:
            return self._bucket.head(self._layout.upload(upload_id)).notes.get(_MULTIPART) == multipart
        except AbsentError:
            return False

    def remove(self, upload_id: str) -> None:
        """Forget the state, if there is one."""
        self._bucket.delete(self._layout.upload(upload_id))
