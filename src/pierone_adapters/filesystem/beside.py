"""Bytes are hashed while they are written: neither needs the interpreter, so a large upload uses two processors.

Measured in turn on two processors with a pool of such threads, the first layer of 512 MiB that a server is pushed:
578 to 749 MB/s without, 752 to 945 with; with this thread 562 and 911 in two runs.
"""

import threading
from queue import SimpleQueue

from pierone_core.values import Hash


class HashBeside:
    """A thread that hashes one batch after the other for one upload."""

    def __init__(self) -> None:
        """Begin the thread; raises `RuntimeError` if the system has none left."""
        self._batches: SimpleQueue[tuple[Hash, bytes] | None] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        threading.Thread(target=self._serve, name="hash", daemon=True).start()

    def begin(self, running: Hash, batch: bytes) -> None:
        """Go on with `running`, which nobody may use until `wait` returns."""
        self._batches.put((running, batch))

    def wait(self) -> None:
        """Return when the batch is hashed."""
        self._done.get()

    def end(self) -> None:
        """Let the thread end, after what was begun."""
        self._batches.put(None)

    def _serve(self) -> None:
        while self._hash_one():
            self._done.put(None)

    def _hash_one(self) -> bool:
        # In a frame of its own: while it waits for more, the thread holds no batch.
        match self._batches.get():
            case (running, batch):
                running.update(batch)
                return True
        return False
