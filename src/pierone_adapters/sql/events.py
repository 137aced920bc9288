"""`EventLog` in SQL, and the writing of events inside the transaction that they record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import events
from pierone_core.manifest import Manifest
from pierone_core.records import Event, EventKind, TagWrite
from pierone_core.values import Digest, Repository, Tag

_LAST = select(func.coalesce(func.max(events.c.sequence), 0))
_READ = (
    select(events)
    .where(events.c.sequence > bindparam("after"))
    .order_by(events.c.sequence)
    .limit(bindparam("how_many"))
)


def record(
    connection: Connection,
    kind: EventKind,
    repository: Repository,
    manifest: Manifest,
    write: TagWrite | None,
    caller: str,
    at: datetime,
) -> int:
    """Append an event in the caller's transaction; return its sequence.

    The transaction is the only writer (SQLite), so the sequences are dense and in commit order.
    """
    sequence = int(connection.scalar(_LAST) or 0) + 1
    values = {
        "sequence": sequence,
        "at": at,
        "kind": kind.value,
        "caller": caller,
        "repository": repository.name,
        "tag": write.tag.name if write else None,
        "digest": str(manifest.digest),
        "previous": str(write.expected) if write and write.expected else None,
        "media_type": manifest.media_type,
        "size": len(manifest.data),
    }
    connection.execute(insert(events), values)
    return sequence


@dataclass(frozen=True)
class SqlEventLog:
    """See `EventLog`."""

    _database: Database

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """See `EventLog`."""
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(_READ, {"after": after, "how_many": limit})]


def _event(row: Row[tuple[object, ...]]) -> Event:
    return Event(
        sequence=row.sequence,
        at=row.at,
        kind=EventKind(row.kind),
        caller=row.caller,
        repository=Repository(row.repository),
        tag=Tag(row.tag) if row.tag else None,
        digest=Digest.parse(row.digest),
        previous=Digest.parse(row.previous) if row.previous else None,
        media_type=row.media_type,
        size=row.size,
    )
