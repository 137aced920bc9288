"""`RepositoryBlobs` in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Executable, bindparam, func, select, text

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import blobs
from pierone_core.values import Digest, Repository

SIZE = select(blobs.c.size).where(blobs.c.repository == bindparam("repository"), blobs.c.digest == bindparam("digest"))
# A range, whose first row an index has: PostgreSQL would look for a digest that many repositories have in the whole
# table, in the belief that one must come soon.
_FROM = (
    select(blobs.c.digest, blobs.c.size)
    .where(blobs.c.digest >= bindparam("digest"))
    .order_by(blobs.c.digest)
    .limit(1)
    .subquery("page")
)
SIZE_ANYWHERE = select(_FROM.c.size).where(_FROM.c.digest == bindparam("digest"))
EVERYWHERE = (
    select(blobs.c.digest, func.min(blobs.c.size).label("size"))
    .where(blobs.c.digest > bindparam("after"))
    .group_by(blobs.c.digest)
    .order_by(blobs.c.digest)
    .limit(bindparam("how_many"))
)
_ADD = text("INSERT INTO blobs (repository, digest, size) VALUES (:repository, :digest, :size) ON CONFLICT DO NOTHING")


@dataclass(frozen=True)
class SqlRepositoryBlobs:
    """See `RepositoryBlobs`."""

    _database: Database
    _recount: Executable

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        rows = self._database.read(SIZE, {"repository": repository.name, "digest": str(digest)})
        return rows[0].size if rows else None

    def size_anywhere(self, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        rows = self._database.read(SIZE_ANYWHERE, {"digest": str(digest)})
        return rows[0].size if rows else None

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """See `RepositoryBlobs`."""
        if self.size(repository, digest) is None:
            self._database.write(_ADD, {"repository": repository.name, "digest": str(digest), "size": size})

    def recount(self) -> None:
        """See `RepositoryBlobs`."""
        self._database.patient(self._recount)

    def everywhere(self, after: str, limit: int) -> Sequence[tuple[Digest, int]]:
        """See `RepositoryBlobs`."""
        rows = self._database.read(EVERYWHERE, {"after": after, "how_many": limit})
        return [(Digest.parse(row.digest), row.size) for row in rows]
