"""`UploadSessions` in SQL, for uploads whose bytes several machines can reach."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, select, text

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

    def add(self, session: UploadSession) -> None:
        """See `UploadSessions`."""
        self._database.write(_ADD, asdict(session) | {"repository": session.repository.name})

    def get(self, upload_id: str) -> UploadSession | None:
        """See `UploadSessions`."""
        rows = self._database.read(GET, {"upload_id": upload_id})
        return _session(rows[0]) if rows else None

    def remove(self, upload_id: str) -> None:
        """See `UploadSessions`."""
        self._database.write(_REMOVE, {"upload_id": upload_id})

    def started_before(self, time: datetime) -> Sequence[str]:
        """See `UploadSessions`."""
        return [row.id for row in self._database.read(_STARTED_BEFORE, {"time": time})]


def _session(row: Row[*tuple[object, ...]]) -> UploadSession:
    return UploadSession(row.id, Repository(row.repository), row.starter, row.algorithm, row.started_at)
