"""`RepositoryBlobs` in SQL."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import blobs
from pierone_core.values import Digest, Repository

_SIZE = select(blobs.c.size).where(blobs.c.repository == bindparam("repository"), blobs.c.digest == bindparam("digest"))
_SIZE_ANYWHERE = select(blobs.c.size).where(blobs.c.digest == bindparam("digest")).limit(1)
_ADD = insert(blobs).on_conflict_do_nothing()


@dataclass(frozen=True)
class SqlRepositoryBlobs:
    """See `RepositoryBlobs`."""

    _database: Database

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        with self._database.read() as connection:
            return connection.scalar(_SIZE, {"repository": repository.name, "digest": str(digest)})

    def size_anywhere(self, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        with self._database.read() as connection:
            return connection.scalar(_SIZE_ANYWHERE, {"digest": str(digest)})

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """See `RepositoryBlobs`."""
        if self.size(repository, digest) is None:
            with self._database.write() as connection:
                connection.execute(_ADD, {"repository": repository.name, "digest": str(digest), "size": size})
