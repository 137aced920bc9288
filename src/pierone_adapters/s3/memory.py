"""What this process remembers of uploads, to save reading and hashing; everything can be found out again without it."""

import threading
from collections import OrderedDict
from typing import NamedTuple

from pierone_core.values import Digest, Hash

_REMEMBERED = 4096


class Published(NamedTuple):
    """What an upload became; `size` in bytes, `has_state` whether there is a state left to remove."""

    digest: Digest
    size: int
    has_state: bool


class Known(NamedTuple):
    """The running hash of the state with this tag, or what the upload became."""

    etag: str | None = None
    algorithm: str | None = None
    running: Hash | None = None
    published: Published | None = None


class Memory:
    """Known facts by upload id, the oldest forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._mutex = threading.Lock()

    def remember(self, upload_id: str, known: Known) -> None:
        """Keep what a request leaves behind."""
        with self._mutex:
            self._known[upload_id] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def recall(self, upload_id: str) -> Known:
        """Take out what is kept."""
        with self._mutex:
            return self._known.pop(upload_id, Known())
