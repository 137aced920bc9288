"""File operations that survive a crash, and their failures in the core's words."""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from pierone_core.errors import StorageFull, Unavailable, UploadBusy

_FULL = {errno.ENOSPC, errno.EDQUOT}
_EPOCH = datetime.fromtimestamp(0, UTC)


class FileState(NamedTuple):
    """What tells a file that somebody else wrote to, or that is another one by now."""

    inode: int
    modified_ns: int
    size: int
    mode: int

    @classmethod
    def of(cls, fd: int) -> Self:
        """The state of an open file."""
        facts = os.fstat(fd)
        return cls(facts.st_ino, facts.st_mtime_ns, facts.st_size, facts.st_mode)


@contextmanager
def translated() -> Iterator[None]:
    """Raise `StorageFull` or `Unavailable` for what the operating system refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(
                "the registry has no room left to store content; free some, ask for the upload's offset and go on"
            ) from error
        raise Unavailable(f"the registry cannot reach its storage: {error.strerror}") from error


def lock(fd: int) -> None:
    """Take the file for this process and thread alone; the system lets go of it when the holder dies."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UploadBusy("another request is writing to this upload; ask for its status and go on") from error


def write_all(fd: int, data: bytes, offset: int) -> None:
    """Write all of `data` at `offset`; on failure leave the file as long as it was."""
    view = memoryview(data)
    try:
        while view:
            written = os.pwrite(fd, view, offset + len(data) - len(view))
            view = view[written:]
    except OSError:
        os.ftruncate(fd, offset)
        raise


def nanoseconds(time: datetime) -> int:
    """A point in time as the system counts it, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def older(directory: Path, time: datetime) -> Sequence[str]:
    """Names of the files that were last modified before that time."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if _is_older(entry, nanoseconds(time))]


def _is_older(entry: os.DirEntry[str], time: int) -> bool:
    try:
        return entry.stat().st_mtime_ns < time
    except FileNotFoundError:  # removed while we looked
        return False


def sync_directory(path: Path) -> None:
    """Make the entries of a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def link_durably(source: Path, target: Path) -> None:
    """Give a file whose content is synced a second name, instead of whatever had it; it survives a power cut."""
    try:
        os.link(source, target)
    except FileNotFoundError:  # the first of this directory
        _make_durably(target.parent)
        _link_instead(source, target)
    except FileExistsError:
        _link_instead(source, target)
    sync_directory(target.parent)


def _link_instead(source: Path, target: Path) -> None:
    draft = source.with_name(source.name + ".new")
    draft.unlink(missing_ok=True)
    draft.hardlink_to(source)
    draft.rename(target)
    draft.unlink(missing_ok=True)  # rename(2) does nothing if both are the same file already


def _make_durably(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_durably(directory.parent)
    directory.mkdir(exist_ok=True)
    sync_directory(directory.parent)
