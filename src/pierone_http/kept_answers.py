"""Whole answers that can never change, ready to be written (`hot_protocol`).

Kept is what a handler calls final: a manifest by digest, a manifest by an immutable tag, a small blob, what HEAD says
of a blob. Nothing has ever to be invalidated, therefore. Not kept: a mutable tag and `latest`, refusals and absence,
anything conditional or partial. A key is the path as it was sent, so an answer is never given for another one; who may
have it is asked at each request. One event loop uses it, without a lock.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from pierone_core.values import Repository

# Where a request's scope has what keeps its answer, an `Offer` (ASGI: extensions).
KEEP = "pierone.keep"
# Beyond, copying the body costs more than what is spared. Manifests have some kilobytes.
BODY_MAX_BYTES = 256 << 10
# Beyond, `sendfile` is as quick.
BLOB_MAX_BYTES = 128 << 10
# What the key, the tuple and the place in the map take besides their bytes, measured with tracemalloc.
_ENTRY_BYTES = 400
# What a blob takes besides its bytes at the most: `_ENTRY_BYTES`, its path, its header fields.
_AROUND_BYTES = 2048

Headers = Iterable[tuple[bytes, bytes]]


class Shares(NamedTuple):
    """Of the memory for what cannot change, so many bytes for answers, for small blobs and for metadata."""

    answers: int
    blobs: int
    metadata: int


def shares(cache_bytes: int) -> Shares:
    """How the setting `cache_bytes` is divided."""
    quarter = cache_bytes // 4
    return Shares(quarter, quarter, cache_bytes - 2 * quarter)


class KeptAnswer(NamedTuple):
    """Status 200: whose content it is, the header fields and an empty line, the body (None: HEAD alone is kept)."""

    repository: Repository
    head: bytes
    body: bytes | None


class KeptAnswers:
    """Answers in rooms of so many bytes, small blobs apart: a few hundred of them are as large as all manifests."""

    def __init__(self, max_bytes: int, blobs_max_bytes: int) -> None:
        """A room of 0 bytes keeps nothing."""
        self._answers, self._blobs = _Shelf(max_bytes), _Shelf(blobs_max_bytes)
        self._asked = _Asked(blobs_max_bytes)

    def get(self, target: bytes) -> KeptAnswer | None:
        """The answer to GET (or HEAD) `target`, which counts as used now."""
        return self._blobs.get(target) or self._answers.get(target)

    def keep(self, target: bytes, repository: Repository, headers: Headers, body: bytes | None) -> None:
        """Keep what `target` is answered for ever; what is kept already stays."""
        if len(body or b"") <= BODY_MAX_BYTES:
            self._answers.keep(target, repository, headers, body)

    def keep_blob(self, target: bytes, repository: Repository, headers: Headers, body: bytes) -> None:
        """The same for a small blob that `wants_blob`."""
        self._blobs.keep(target, repository, headers, body)

    def wants_blob(self, target: bytes, size: int) -> bool:
        """Whether a blob of `size` bytes is to be kept.

        It is while there is room; then if it was asked for so lately that it would be kept still. So a pull of more
        than there is room for displaces nothing, and costs what it does where nothing is kept.
        """
        if size > BLOB_MAX_BYTES or self._blobs.get(target):
            return False
        return self._blobs.room >= size + _AROUND_BYTES or self._asked.again(target, size + _AROUND_BYTES)


class Offer(NamedTuple):
    """What a handler may do with the answer to one target."""

    kept: KeptAnswers
    target: bytes


class _Shelf:
    """At most `room` bytes of answers; what was used longest ago goes first."""

    def __init__(self, room: int) -> None:
        self._most = self.room = room
        self._answers: OrderedDict[bytes, KeptAnswer] = OrderedDict()

    def get(self, target: bytes) -> KeptAnswer | None:
        answer = self._answers.get(target)
        if answer is not None:
            self._answers.move_to_end(target)
        return answer

    def keep(self, target: bytes, repository: Repository, headers: Headers, body: bytes | None) -> None:
        if target in self._answers:
            return
        answer = _answer(repository, headers, body)
        if _weight(target, answer) > self._most:
            return
        self._answers[target] = answer
        self.room -= _weight(target, answer)
        while self.room < 0:
            self.room += _weight(*self._answers.popitem(last=False))


class _Asked:
    """What was asked for lately: so much that it fills the room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._weights: OrderedDict[bytes, int] = OrderedDict()

    def again(self, target: bytes, weight: int) -> bool:
        """Whether `target` was asked for lately; it is from now on."""
        before = self._weights.pop(target, 0)
        self._weights[target] = weight
        self._room += before - weight
        while self._room < 0:
            self._room += self._weights.popitem(last=False)[1]
        return before > 0


def _answer(repository: Repository, headers: Headers, body: bytes | None) -> KeptAnswer:
    fields = [b"%b: %b\r\n" % (name.lower(), value) for name, value in headers]
    return KeptAnswer(repository, b"".join([*fields, b"\r\n"]), body)


def _weight(target: bytes, answer: KeptAnswer) -> int:
    return len(target) + len(answer.head) + len(answer.body or b"") + _ENTRY_BYTES
