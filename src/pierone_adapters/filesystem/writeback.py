"""Large files go to the disk while they come in, so that little is left to wait for in `fsync`.

Writing 512 MiB takes 0.26 s and the fsync 0.19 s more; the second is what this takes out of the way of a push.

Linux keeps what was written in memory for half a minute, or until there is much of it; the fsync that a push ends with
then waits for all of it. `sync_file_range` begins to write a range and waits for nothing. It promises nothing either:
what makes a blob durable is still fsync. Where the system has no such call, nothing happens here.
"""

import ctypes
import sys

_RANGE_BYTES = 8 << 20
_SYNC_FILE_RANGE_WRITE = 2  # linux/fs.h


class Writeback:
    """How far one file that grows was handed to the disk."""

    def __init__(self, fd: int, size: int) -> None:
        """For the open file `fd`, which has `size` bytes."""
        self._fd, self._begun = fd, size

    def advance(self, size: int) -> None:
        """The file has `size` bytes now: begin to write what has come in since the last range was begun."""
        if size - self._begun >= _RANGE_BYTES:
            _begin(self._fd, self._begun, size - self._begun)
            self._begun = size


def _begin(fd: int, start: int, size: int) -> None:
    if _sync_file_range is not None:
        _sync_file_range(fd, start, size, _SYNC_FILE_RANGE_WRITE)


def _found() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return function


_sync_file_range = _found()
