"""`BlobStore` on a disk: `blobs/<algorithm>/<2 hex>/<hex>` and `uploads/<id>`.

The length of an upload's file is the truth of how far it is, also after a crash; its running hash is kept in
memory and computed again where it is missing. A blob appears by rename after fsync, so it is whole or absent.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pierone_adapters.filesystem.durable import FileState, lock, older, sync_directory, translated
from pierone_adapters.filesystem.upload import FilesystemUploadWriter
from pierone_adapters.filesystem.upload_sessions import is_session
from pierone_core.errors import BlobUnknown, BlobUploadUnknown, DigestInvalid, Unavailable
from pierone_core.ports import FileExtent
from pierone_core.values import Digest, Hash

_REMEMBERED_HASHES = 4096


class FilesystemBlobStore:
    """Blobs below one directory, which several processes may share."""

    prompt = True

    def __init__(self, root: Path) -> None:
        """Use `root`, made if it is missing; raises `Unavailable` if it cannot be used."""
        self._blobs, self._uploads = root / "blobs", root / "uploads"
        self._hashes: OrderedDict[str, tuple[FileState, Hash]] = OrderedDict()
        self._mutex = threading.Lock()
        with translated():
            self._blobs.mkdir(parents=True, exist_ok=True)
            self._uploads.mkdir(exist_ok=True)
            sync_directory(root)

    def open_upload(self, upload_id: str, algorithm: str) -> FilesystemUploadWriter:
        """See `BlobStore`."""
        path = self._uploads / upload_id
        with translated():
            fd = _begun(path) if is_session(upload_id) else _open(path, os.O_CREAT)
        _lock(path, fd)
        return FilesystemUploadWriter(self, upload_id, path, fd, algorithm)

    def upload_size(self, upload_id: str) -> int:
        """See `BlobStore`."""
        with translated():
            try:
                return (self._uploads / upload_id).stat().st_size
            except FileNotFoundError:
                return 0

    def discard_upload(self, upload_id: str) -> None:
        """See `BlobStore`."""
        path = self._uploads / upload_id
        with translated():
            try:
                fd = _open(path)
            except FileNotFoundError:
                return
        _lock(path, fd)
        try:
            with translated():
                path.unlink(missing_ok=True)
        finally:
            os.close(fd)

    def idle_uploads(self, before: datetime) -> Sequence[str]:
        """See `BlobStore`."""
        with translated():
            return older(self._uploads, before)

    def open_blob(self, digest: Digest, start: int, stop: int) -> "FilesystemBlobReader":
        """See `BlobStore`."""
        with translated():
            try:
                fd = os.open(self.blob_path(digest), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise BlobUnknown(f"no blob {digest}") from error
        if os.fstat(fd).st_size < stop:
            os.close(fd)
            raise Unavailable(f"blob {digest} is damaged: its file is too short")
        return FilesystemBlobReader(fd, start, stop)

    def url(self, digest: Digest) -> None:
        """See `BlobStore`."""

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int]]:
        """See `BlobStore`."""
        with translated():
            for folder in sorted(self._blobs.glob("*/*")):
                for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                    digest = self._digest(path)
                    if digest and str(digest) > after:
                        yield digest, path.stat().st_size

    def strays(self) -> Iterator[tuple[str, str]]:
        """See `BlobStore`."""
        with translated():
            for path in self._blobs.rglob("*"):
                if not path.is_dir() and self._digest(path) is None:
                    yield str(path), "no blob is looked for under this name"

    def _digest(self, path: Path) -> Digest | None:
        """Whose blob lies there; None if nobody looks for one there, as under the first letters of another."""
        try:
            digest = Digest.parse(f"{path.parent.parent.name}:{path.name}")
        except DigestInvalid:
            return None
        return digest if path == self.blob_path(digest) else None

    def check(self) -> None:
        """See `BlobStore`."""
        for directory in (self._blobs, self._uploads):
            if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
                raise Unavailable(f"the registry cannot write to its storage {directory}")

    def blob_path(self, digest: Digest) -> Path:
        """Where a blob lies."""
        return self._blobs / digest.algorithm / digest.encoded[:2] / digest.encoded

    def remember_hash(self, upload_id: str, state: FileState, running: Hash) -> None:
        """Keep the hash of an upload's file in this state for its next request."""
        with self._mutex:
            self._hashes[upload_id] = (state, running)
            if len(self._hashes) > _REMEMBERED_HASHES:
                self._hashes.popitem(last=False)

    def recall_hash(self, upload_id: str, state: FileState) -> Hash | None:
        """The running hash of the file in exactly this state, if it is at hand."""
        with self._mutex:
            at, running = self._hashes.pop(upload_id, (None, None))
        return running if at == state else None


class FilesystemBlobReader:
    """`BlobReader` over a file; reads at explicit positions."""

    def __init__(self, fd: int, start: int, stop: int) -> None:
        """Read [start, stop) of the open file `fd`, which is closed with the reader."""
        self._fd, self._position, self._stop = fd, start, stop

    @property
    def extent(self) -> FileExtent:
        """See `BlobReader`."""
        return FileExtent(self._fd, self._position, self._stop)

    def read(self, size: int) -> bytes:
        """See `BlobReader`."""
        with translated():
            data = os.pread(self._fd, min(size, self._stop - self._position), self._position)
        self._position += len(data)
        return data

    def close(self) -> None:
        """See `BlobReader`."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _lock(path: Path, fd: int) -> None:
    try:
        with translated():
            lock(fd)
            _check_still_there(path, fd)
    except BaseException:
        os.close(fd)
        raise


def _begun(path: Path) -> int:
    # Its session made the file: where that is gone, so is the upload, and nobody may begin it again.
    try:
        return _open(path)
    except FileNotFoundError as error:
        raise BlobUploadUnknown("this upload was finished or given up by another request") from error


def _open(path: Path, flags: int = 0) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
    except PermissionError:  # complete, so nobody may write to it but root
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _check_still_there(path: Path, fd: int) -> None:
    # Between open and lock another request may have published the file: writing to it now would damage a blob.
    try:
        is_it = os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        is_it = False
    if not is_it:
        raise BlobUploadUnknown("this upload was finished by another request")
