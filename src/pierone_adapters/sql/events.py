"""`EventLog` in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import events
from pierone_core.records import Event, EventKind
from pierone_core.values import Digest, Repository, Tag

READ = (
    select(events)
    .where(events.c.sequence > bindparam("after"))
    .order_by(events.c.sequence)
    .limit(bindparam("how_many"))
)


@dataclass(frozen=True)
class SqlEventLog:
    """See `EventLog`."""

    _database: Database

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """See `EventLog`."""
        return [event_of(row) for row in self._database.read(READ, {"after": after, "how_many": limit})]


def event_of(row: Row[*tuple[object, ...]]) -> Event:
    """The event of a row of `events`."""
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
