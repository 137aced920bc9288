"""`UploadSessions` in SQL, for uploads whose bytes several machines can reach."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import UtcTime, uploads
from pierone_core.records import UploadSession
from pierone_core.values import Repository

GET = select(uploads).where(uploads.c.id == bindparam("upload_id"))
_STARTED_BEFORE = select(uploads.c.id).where(uploads.c.started_at < bindparam("time"))
_REMOVE = delete(uploads).where(uploads.c.id == bindparam("upload_id"))

_ADD = text(
    "INSERT INTO uploads (id, repository, starter, algorithm, started_at) VALUES "
    "(:id, :repository, :starter, :algorithm, :started_at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("started_at", type_=UtcTime()))


@dataclass(frozen=True)
class SqlUploadSessions:
    """See `UploadSessions`."""

    _database: Database

    def start(self, repository: Repository, starter: str, algorithm: str, at: datetime) -> UploadSession:
        """See `UploadSessions`."""
        session = UploadSession(str(uuid.uuid4()), repository, starter, algorithm)
        self._database.write(_ADD, asdict(session) | {"repository": repository.name, "started_at": at})
        return session

    def find(self, upload_id: str, repository: Repository, starter: str) -> UploadSession | None:
        """See `UploadSessions`."""
        rows = self._database.read(GET, {"upload_id": upload_id})
        if not rows or (rows[0].repository, rows[0].starter) != (repository.name, starter):
            return None
        return UploadSession(upload_id, repository, starter, rows[0].algorithm)

    def remove(self, upload_id: str) -> None:
        """See `UploadSessions`."""
        self._database.write(_REMOVE, {"upload_id": upload_id})

    def started_before(self, time: datetime) -> Sequence[str]:
        """See `UploadSessions`."""
        return [row.id for row in self._database.read(_STARTED_BEFORE, {"time": time})]
