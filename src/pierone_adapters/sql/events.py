"""`EventLog` in SQL, and the writing of events inside the transaction that they record."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import events
from pierone_core.records import Event, EventKind, ManifestWrite, TagWrite
from pierone_core.values import Digest, Repository, Tag

_LAST = select(func.coalesce(func.max(events.c.sequence), 0))
_APPEND = insert(events)
_READ = (
    select(events)
    .where(events.c.sequence > bindparam("after"))
    .order_by(events.c.sequence)
    .limit(bindparam("how_many"))
)


def record(connection: Connection, write: ManifestWrite, tag: TagWrite | None) -> int:
    """Append an event in the caller's transaction; return its sequence.

    The transaction is the only writer (SQLite), so the sequences are dense and in commit order.
    """
    event = write.event(int(connection.scalar(_LAST) or 0) + 1, tag)
    connection.execute(_APPEND, asdict(event) | _as_text(event))
    return event.sequence


def _as_text(event: Event) -> dict[str, str | None]:
    return {
        "repository": event.repository.name,
        "tag": event.tag.name if event.tag else None,
        "digest": str(event.digest),
        "previous": str(event.previous) if event.previous else None,
    }


@dataclass(frozen=True)
class SqlEventLog:
    """See `EventLog`."""

    _database: Database

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """See `EventLog`."""
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(_READ, {"after": after, "how_many": limit})]


def _event(row: Row[*tuple[object, ...]]) -> Event:
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
