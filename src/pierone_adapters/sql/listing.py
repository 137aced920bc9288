"""`Listing` in SQL: every list is a range of an index."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import manifests, repositories, tags
from pierone_core.records import Referrer
from pierone_core.values import Digest, Repository

_HAS = select(repositories.c.name).where(repositories.c.name == bindparam("name"))
_REPOSITORIES = (
    select(repositories.c.name)
    .where(repositories.c.name > bindparam("after"))
    .order_by(repositories.c.name)
    .limit(bindparam("how_many"))
)
_TAGS = (
    select(tags.c.name)
    .where(tags.c.repository == bindparam("repository"), tags.c.name > bindparam("after"))
    .order_by(tags.c.name)
    .limit(bindparam("how_many"))
)
_REFERRERS = (
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
)
_REFERRERS_OF_TYPE = _REFERRERS.where(manifests.c.artifact_type == bindparam("artifact_type"))


@dataclass(frozen=True)
class SqlListing:
    """See `Listing`."""

    _database: Database

    def has_repository(self, repository: Repository) -> bool:
        """See `Listing`."""
        with self._database.read() as connection:
            return connection.scalar(_HAS, {"name": repository.name}) is not None

    def repositories(self, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        with self._database.read() as connection:
            return connection.scalars(_REPOSITORIES, {"after": after, "how_many": limit}).all()

    def tags(self, repository: Repository, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        parameters = {"repository": repository.name, "after": after, "how_many": limit}
        with self._database.read() as connection:
            return connection.scalars(_TAGS, parameters).all()

    def referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None, after: str
    ) -> Generator[Referrer]:
        """See `Listing`."""
        parameters = {"repository": repository.name, "subject": str(subject), "after": after}
        statement = _REFERRERS
        if artifact_type is not None:
            statement, parameters = _REFERRERS_OF_TYPE, parameters | {"artifact_type": artifact_type}
        with self._database.read() as connection:
            # Row by row: annotations may fill megabytes each, and the reader stops when its page is full.
            for row in connection.execution_options(stream_results=True).execute(statement, parameters):
                digest, media_type, size, kind, annotations = row
                yield Referrer(Digest.parse(digest), media_type, size, kind, json.loads(annotations))
