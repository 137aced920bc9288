"""Values that all replicas agree on: the first that is written stays."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select, text

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import shared_values

_ADD = text("INSERT INTO shared_values (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_GET = select(shared_values.c.value).where(shared_values.c.name == bindparam("name"))


@dataclass(frozen=True)
class SqlSharedValues:
    """See `Metadata.share`."""

    _database: Database

    def share(self, name: str, value: str) -> str:
        """See `Metadata`."""
        kept = self._database.read(_GET, {"name": name})
        if not kept:
            self._database.write(_ADD, {"name": name, "value": value})
            kept = self._database.read(_GET, {"name": name})
        return str(kept[0].value)
