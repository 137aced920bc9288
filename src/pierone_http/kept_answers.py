"""Whole answers that can never change, ready to be written (`hot_protocol`).

Kept is what a handler calls final: a manifest by digest, a manifest by an immutable tag, a small blob, what HEAD says
of a blob. Nothing has ever to be invalidated, therefore. Not kept: a mutable tag and `latest`, refusals and absence,
anything conditional or partial. A key is the path as it was sent, so an answer is never given for another one;
who may have it is asked at each request. One event loop uses it, without a lock.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from pierone_core.values import Repository

# Where a request's scope has the function that keeps its answer (ASGI: extensions).
KEEP = "pierone.keep"
# Beyond, copying the body costs more than what is spared. Manifests have some kilobytes.
BODY_MAX_BYTES = 256 << 10
# What the key, the tuple and the place in the map take besides their bytes, measured with tracemalloc.
_ENTRY_BYTES = 400
# Of the memory for what cannot change, one part in so many; the rest is for metadata.
_SHARE = 4

Headers = Iterable[tuple[bytes, bytes]]


def room(cache_bytes: int) -> int:
    """How much of the setting `cache_bytes` is for answers, in bytes."""
    return cache_bytes // _SHARE


class KeptAnswer(NamedTuple):
    """Status 200: whose content it is, the header fields and an empty line, the body (None: HEAD alone is kept)."""

    repository: Repository
    head: bytes
    body: bytes | None


class KeptAnswers:
    """At most `max_bytes` of answers; what was used longest ago goes first."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` of 0 keeps nothing."""
        self._room = max_bytes
        self._answers: OrderedDict[bytes, KeptAnswer] = OrderedDict()

    def get(self, target: bytes) -> KeptAnswer | None:
        """The answer to GET (or HEAD) `target`, which counts as used now."""
        answer = self._answers.get(target)
        if answer is not None:
            self._answers.move_to_end(target)
        return answer

    def keep(self, target: bytes, repository: Repository, headers: Headers, body: bytes | None) -> None:
        """Keep what `target` is answered for ever; what is kept already stays, unless it was for HEAD alone."""
        before = self._answers.get(target)
        if len(body or b"") > BODY_MAX_BYTES or (before and (before.body is not None or body is None)):
            return
        self._room += _weight(target, before) if before else 0
        fields = [b"%b: %b\r\n" % (name.lower(), value) for name, value in headers]
        answer = KeptAnswer(repository, b"".join([*fields, b"\r\n"]), body)
        self._answers[target] = answer
        self._room -= _weight(target, answer)
        while self._room < 0:
            self._room += _weight(*self._answers.popitem(last=False))


def _weight(target: bytes, answer: KeptAnswer) -> int:
    return len(target) + len(answer.head) + len(answer.body or b"") + _ENTRY_BYTES
