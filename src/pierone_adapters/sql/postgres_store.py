"""How PostgreSQL stores a manifest: one call of one function, which is a transaction of its own."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, LargeBinary, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from pierone_adapters.sql.manifests import manifest_row
from pierone_adapters.sql.postgres import PostgresDatabase
from pierone_adapters.sql.schema import UtcTime
from pierone_core.records import ManifestWrite

_ARGUMENTS: dict[str, TypeEngine[Any]] = {
    "repository": Text(),
    "digest": Text(),
    "media_type": Text(),
    "subject": Text(),
    "artifact_type": Text(),
    "annotations": Text(),
    "data": LargeBinary(),
    "caller": Text(),
    "at": UtcTime(),
    "names": ARRAY(Text),
    "expected": ARRAY(Text),
    "immutable": ARRAY(Boolean),
}
_STORE = text(f"SELECT store_manifest({', '.join(f':{name}' for name in _ARGUMENTS)})").bindparams(
    *(bindparam(name, type_=kind) for name, kind in _ARGUMENTS.items())
)


@dataclass(frozen=True)
class PostgresStore:
    """`Manifests.store`."""

    _database: PostgresDatabase

    def __call__(self, write: ManifestWrite) -> None:
        """See `Manifests.store`."""
        # A connection that is lost may have committed before. To store and to bind again is harmless then: it ends
        # in `TagRaced`, and the rule finds the tag where it should be. A tag that was moved may have been moved back.
        self._database.call(_STORE, _row(write), repeatable=not any(tag.expected for tag in write.tags))


def _row(write: ManifestWrite) -> dict[str, object]:
    return manifest_row(write) | {
        "caller": write.caller,
        "at": write.at,
        "names": [tag.tag.name for tag in write.tags],
        "expected": [str(tag.expected) if tag.expected else None for tag in write.tags],
        "immutable": [tag.immutable for tag in write.tags],
    }
