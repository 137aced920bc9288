"""`Listing` in SQL: every list is a range of an index."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import manifests, repositories, tags
from pierone_core.records import Referrer
from pierone_core.values import Digest, Repository

HAS = select(repositories.c.name).where(repositories.c.name == bindparam("name"))
REPOSITORIES = (
    select(repositories.c.name)
    .where(repositories.c.name > bindparam("after"))
    .order_by(repositories.c.name)
    .limit(bindparam("how_many"))
)
TAGS = (
    select(tags.c.name)
    .where(tags.c.repository == bindparam("repository"), tags.c.name > bindparam("after"))
    .order_by(tags.c.name)
    .limit(bindparam("how_many"))
)
REFERRERS = (
    select(
        manifests.c.digest,
        manifests.c.media_type,
        manifests.c.size,
        manifests.c.artifact_type,
        manifests.c.annotations,
    )
    .where(manifests.c.repository == bindparam("repository"), manifests.c.subject == bindparam("subject"))
    .where(manifests.c.digest > bindparam("after"))
    .order_by(manifests.c.digest)
    .limit(bindparam("how_many"))
)
REFERRERS_OF_TYPE = REFERRERS.where(manifests.c.artifact_type == bindparam("artifact_type"))

# Few, since annotations may fill megabytes each, and the reader stops when its page is full.
_REFERRERS_AT_ONCE = 5


@dataclass(frozen=True)
class SqlListing:
    """See `Listing`."""

    _database: Database

    def has_repository(self, repository: Repository) -> bool:
        """See `Listing`."""
        return bool(self._database.read(HAS, {"name": repository.name}))

    def repositories(self, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        return [name for (name,) in self._database.read(REPOSITORIES, {"after": after, "how_many": limit})]

    def tags(self, repository: Repository, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        parameters = {"repository": repository.name, "after": after, "how_many": limit}
        return [name for (name,) in self._database.read(TAGS, parameters)]

    def referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None, after: str
    ) -> Generator[Referrer]:
        """See `Listing`."""
        statement = REFERRERS if artifact_type is None else REFERRERS_OF_TYPE
        parameters = {"repository": repository.name, "subject": str(subject), "artifact_type": artifact_type}
        while True:
            rows = self._database.read(statement, parameters | {"after": after, "how_many": _REFERRERS_AT_ONCE})
            yield from map(_referrer, rows)
            if len(rows) < _REFERRERS_AT_ONCE:
                return
            after = rows[-1].digest


def _referrer(row: Row[*tuple[object, ...]]) -> Referrer:
    return Referrer(Digest.parse(row.digest), row.media_type, row.size, row.artifact_type, json.loads(row.annotations))
