"""`UploadSessions` as small files `sessions/<id>`, beside the bytes of the uploads.

In SQLite a session waits for the commit under way, several times for each blob; a file waits for nobody: 8 clients push
FIGURE small images/s instead of FIGURE. Sessions may be lost in a power cut: a client then starts its upload again.
"""

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pierone_adapters.filesystem.durable import nanoseconds, older, translated
from pierone_core.records import UploadSession
from pierone_core.values import Repository

# Clients send ids: what is none is not looked for, so that no path leads out of the directory.
_ID = re.compile(r"[0-9a-z-]{1,64}")


class FilesystemUploadSessions:
    """See `UploadSessions`. A file's time is that at which its session was started."""

    def __init__(self, root: Path) -> None:
        """Use `root`/sessions, made if it is missing; raises `Unavailable`."""
        self._sessions = root / "sessions"
        with translated():
            self._sessions.mkdir(parents=True, exist_ok=True)

    def add(self, session: UploadSession) -> None:
        """See `UploadSessions`."""
        with translated():
            fd = os.open(self._sessions / session.id, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, _encoded(session))
                os.utime(fd, ns=(nanoseconds(session.started_at),) * 2)
            finally:
                os.close(fd)

    def get(self, upload_id: str) -> UploadSession | None:
        """See `UploadSessions`."""
        if not _ID.fullmatch(upload_id):
            return None
        with translated(), suppress(FileNotFoundError):
            return _decoded(upload_id, (self._sessions / upload_id).read_bytes())
        return None

    def remove(self, upload_id: str) -> None:
        """See `UploadSessions`."""
        with translated():
            (self._sessions / upload_id).unlink(missing_ok=True)

    def started_before(self, time: datetime) -> Sequence[str]:
        """See `UploadSessions`."""
        with translated():
            return older(self._sessions, time)


def _encoded(session: UploadSession) -> bytes:
    names = [session.repository.name, session.starter, session.algorithm, session.started_at.isoformat()]
    return json.dumps(names).encode()


def _decoded(upload_id: str, text: bytes) -> UploadSession | None:
    if not text:  # the server died between two lines of `add`, and nobody was told of this session
        return None
    repository, starter, algorithm, started_at = json.loads(text)
    return UploadSession(upload_id, Repository(repository), starter, algorithm, datetime.fromisoformat(started_at))
