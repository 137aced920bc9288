"""The large layer: a file, so that curl can send it and memory does not hold it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.images import MARK_BYTES

MIB = 1024 * 1024
PULL_MARK = b"pulled layer".ljust(MARK_BYTES)


@dataclass(frozen=True)
class LayerFile:
    """Random bytes whose first few make one layer of another; one digest at a time."""

    path: Path
    size: int

    @classmethod
    def create(cls, path: Path, size: int) -> "LayerFile":
        """Write the file, of so many bytes."""
        with path.open("wb") as file:
            for start in range(0, size, MIB):
                file.write(os.urandom(min(MIB, size - start)))
        return cls(path, size)

    def marked(self, mark: bytes) -> str:
        """Make the file the layer of this mark and return its digest."""
        with self.path.open("r+b") as file:
            file.write(mark)
            file.seek(0)
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()

    def fresh(self) -> str:
        """Make the file a layer no server has seen and return its digest."""
        return self.marked(os.urandom(MARK_BYTES))
