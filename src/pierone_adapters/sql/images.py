"""`Images` in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, tuple_

from pierone_adapters.sql.catalogue_schema import image_tags
from pierone_adapters.sql.database import Database
from pierone_core.ports import TaggedRepository
from pierone_core.values import Digest, Repository, Tag

# The first of a range, since an image may have any number of tags.
FIRST = select(func.min(image_tags.c.digest).label("digest")).where(
    image_tags.c.digest >= bindparam("start"), image_tags.c.digest < bindparam("end")
)
TAGS = (
    select(image_tags.c.repository, image_tags.c.tag)
    .where(image_tags.c.digest == bindparam("digest"))
    .where(tuple_(image_tags.c.repository, image_tags.c.tag) > tuple_(bindparam("repository"), bindparam("tag")))
    .order_by(image_tags.c.repository, image_tags.c.tag)
    .limit(bindparam("how_many"))
)
# Greater than any digit of a digest, and not greater than any.
_END, _NEXT = "~", "0"


@dataclass(frozen=True)
class SqlImages:
    """See `Images`."""

    _database: Database

    def digests(self, prefix: str, limit: int) -> Sequence[Digest]:
        """See `Images`."""
        found: list[Digest] = []
        start: str | None = prefix
        while start is not None and len(found) < limit:
            first: str | None = self._database.read(FIRST, {"start": start, "end": prefix + _END})[0].digest
            found += [Digest.parse(first)] if first else []
            start = first + _NEXT if first else None
        return found

    def tags(self, digest: Digest, after: TaggedRepository | None, limit: int) -> Sequence[TaggedRepository]:
        """See `Images`."""
        last = {"repository": after.repository.name if after else "", "tag": after.tag.name if after else ""}
        rows = self._database.read(TAGS, {"digest": str(digest), "how_many": limit} | last)
        return [TaggedRepository(Repository(row.repository), Tag(row.tag)) for row in rows]
