"""`UploadSessions` without a store: an upload is its file in `uploads/`, whose name says whose it is.

A row in SQLite waits for the commit under way, twice for each blob; a file for the session alone would have to be made
and removed. Here nothing is made but the file that the bytes go to, and nothing is freed, as it becomes the blob.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pierone_adapters.filesystem.durable import nanoseconds, older, translated
from pierone_core.records import UploadSession
from pierone_core.values import Repository

# Names come from clients: whatever is none is not looked for, so that no path leads out of the directory.
_ID = re.compile(r"[0-9a-f-]{36}\.(?P<algorithm>[a-z0-9]{1,20})\.(?P<owner>[0-9a-f]{32})")


def is_session(upload_id: str) -> bool:
    """Whether an id has the form of those that are given out here."""
    return _ID.fullmatch(upload_id) is not None


class FilesystemUploadSessions:
    """See `UploadSessions`: `<uuid>.<algorithm>.<owner>`, beside a `FilesystemBlobStore` with the same root."""

    def __init__(self, root: Path) -> None:
        """Use `root`/uploads, made if it is missing; raises `Unavailable`."""
        self._uploads = root / "uploads"
        with translated():
            self._uploads.mkdir(parents=True, exist_ok=True)

    def start(self, repository: Repository, starter: str, algorithm: str, at: datetime) -> UploadSession:
        """See `UploadSessions`."""
        upload_id = f"{uuid.uuid4()}.{algorithm}.{_owner(repository, starter)}"
        with translated():
            fd = os.open(self._uploads / upload_id, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.utime(fd, ns=(nanoseconds(at), nanoseconds(at)))
            finally:
                os.close(fd)
        return UploadSession(upload_id, repository, starter, algorithm)

    def find(self, upload_id: str, repository: Repository, starter: str) -> UploadSession | None:
        """See `UploadSessions`."""
        name = _ID.fullmatch(upload_id)
        if not name or name["owner"] != _owner(repository, starter):
            return None
        with translated():
            try:
                (self._uploads / upload_id).stat()
            except FileNotFoundError:
                return None
        return UploadSession(upload_id, repository, starter, name["algorithm"])

    def remove(self, upload_id: str) -> None:
        """See `UploadSessions`."""
        with translated():
            (self._uploads / upload_id).unlink(missing_ok=True)

    def started_before(self, time: datetime) -> Sequence[str]:
        """See `UploadSessions`: of those that nobody wrote to since."""
        with translated():
            return older(self._uploads, time)


def _owner(repository: Repository, starter: str) -> str:
    return hashlib.sha256(f"{repository}\n{starter}".encode()).hexdigest()[:32]
