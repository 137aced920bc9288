"""`UploadWriter` over a locked file."""

import os
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pierone_adapters.filesystem.beside import HashBeside
from pierone_adapters.filesystem.durable import FileState, link_durably, translated, write_all
from pierone_adapters.filesystem.writeback import Writeback
from pierone_core.errors import BlobUploadInvalid, DigestInvalid, Unavailable
from pierone_core.values import Digest, Hash, new_hash

_READ_SIZE = 1 << 20
# Below it another thread costs more than it gains.
_BESIDE_BYTES = 512 << 10
# Nobody is to write to a published blob, whatever program it is. An upload with this mode is complete: it has got the
# name of a blob, or is about to. (The number of links would not do: backups make links.)
_BLOB_MODE = 0o444


class _Store(Protocol):
    def blob_path(self, digest: Digest) -> Path: ...
    def remember_hash(self, upload_id: str, state: FileState, running: Hash) -> None: ...
    def recall_hash(self, upload_id: str, state: FileState) -> Hash | None: ...


class FilesystemUploadWriter:
    """One upload, locked by `fd` against every other request of every process.

    The mutex keeps `close` from pulling the file away under a write that a cancelled request left running.
    """

    def __init__(self, store: _Store, upload_id: str, path: Path, fd: int, algorithm: str) -> None:
        """Go on with the file `path`, open and locked as `fd`."""
        self._store, self._id, self._path, self._fd = store, upload_id, path, fd
        self._algorithm = algorithm
        self._mutex = threading.Lock()
        self._beside: HashBeside | None = None
        state = FileState.of(fd)
        self._offset = state.size
        # Nobody else changes it while we hold the lock.
        self._is_published = not state.mode & stat.S_IWUSR
        self._writeback = Writeback(fd, state.size)
        self._hash = store.recall_hash(upload_id, state) if state.size else new_hash(algorithm)

    @property
    def offset(self) -> int:
        """See `UploadWriter`."""
        return self._offset

    @property
    def is_published(self) -> bool:
        """See `UploadWriter`."""
        with self._mutex:
            self._check_open()
            return self._is_published

    def write(self, batch: bytes) -> None:
        """See `UploadWriter`."""
        if self.is_published:  # the file is a blob: not one byte more may go into it
            raise BlobUploadInvalid("this upload is complete; close it with a PUT that has no body")
        with self._mutex, translated():
            self._check_open()
            self._append(batch)
            self._offset += len(batch)
            self._writeback.advance(self._offset)

    def _append(self, batch: bytes) -> None:
        running, self._hash = self._hash, None  # it may be of more than the file has, should writing fail
        beside = self._hashing_beside() if running and len(batch) >= _BESIDE_BYTES else None
        if running and beside:
            beside.begin(running, batch)
        write_all(self._fd, batch, self._offset)
        if beside:
            beside.wait()
        elif running:
            running.update(batch)
        self._hash = running

    def _hashing_beside(self) -> HashBeside | None:
        if self._beside is None:
            with suppress(RuntimeError):
                self._beside = HashBeside()
        return self._beside

    def publish(self, digest: Digest) -> int:
        """See `UploadWriter`."""
        with self._mutex, translated():
            self._check_open()
            actual = Digest(digest.algorithm, self._encoded(digest.algorithm))
            if actual != digest:
                self._path.unlink(missing_ok=True)
                self._release()
                raise DigestInvalid(f"the uploaded bytes have digest {actual}, not {digest}; push them again")
            os.fchmod(self._fd, _BLOB_MODE)
            self._is_published = True
            self._sync()
            link_durably(self._path, self._store.blob_path(digest))
            return self._offset

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError:  # what was written may be lost, and another fsync would not say so: it has to come again
            self._path.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """See `UploadWriter`."""
        with self._mutex:
            if self._fd >= 0 and self._hash and not self._is_published:
                self._store.remember_hash(self._id, FileState.of(self._fd), self._hash)
            self._release()

    def _release(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
        if self._beside:
            self._beside.end()
            self._beside = None

    def _encoded(self, algorithm: str) -> str:
        if self._hash and algorithm == self._algorithm:
            return self._hash.hexdigest()
        running = new_hash(algorithm)
        for position in range(0, self._offset, _READ_SIZE):
            running.update(os.pread(self._fd, _READ_SIZE, position))
        return running.hexdigest()

    def _check_open(self) -> None:
        if self._fd < 0:
            raise Unavailable("this request was given up")
