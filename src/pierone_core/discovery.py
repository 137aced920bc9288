"""Spec chapter "Content Discovery": tags, repositories, referrers; every list is paged by key range."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from pierone_core.errors import NameUnknown
from pierone_core.manifest import CLIENTS_READ_BYTES
from pierone_core.ports import Listing
from pierone_core.records import Referrer
from pierone_core.values import Digest, Repository

PAGE_LIMIT = 10_000
REFERRERS_LIMIT = 1_000
# What a descriptor takes in a list at the most beside its annotations, and the list beside its descriptors, in bytes.
_FRAME_BYTES = 1 << 10

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in byte order, and the key to go on after (None: these were the last)."""

    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True, slots=True)
class Discovery:
    """The use cases that list content."""

    listing: Listing

    def tags(self, repository: Repository, limit: int | None = None, after: str = "") -> Page[str]:
        """At most `limit` tags after `after` (end-8a, end-8b); raise `NameUnknown`."""
        if not self.listing.has_repository(repository):
            raise NameUnknown(f"no manifest was ever pushed to {repository}", {"name": repository.name})
        limit = _clamp(limit)
        return _page(self.listing.tags(repository, after, limit + 1), limit)

    def repositories(self, limit: int | None = None, after: str = "") -> Page[str]:
        """At most `limit` repository names after `after` (the `_catalog` that Docker clients know)."""
        limit = _clamp(limit)
        return _page(self.listing.repositories(after, limit + 1), limit)

    def referrers(
        self,
        repository: Repository,
        subject: Digest,
        artifact_type: str | None = None,
        limit: int | None = None,
        after: str = "",
    ) -> Page[Referrer]:
        """Manifests that name `subject` (end-12a, end-12b), as many as clients read in one index."""
        limit = max(1, min(limit or REFERRERS_LIMIT, REFERRERS_LIMIT))
        items: list[Referrer] = []
        room = CLIENTS_READ_BYTES - _FRAME_BYTES
        with closing(self.listing.referrers(repository, subject, artifact_type, after)) as found:
            for referrer in found:
                room -= _weight(referrer)
                if items and (room < 0 or len(items) == limit):
                    return Page(items, str(items[-1].digest))
                items.append(referrer)
        return Page(items, None)


def _clamp(limit: int | None) -> int:
    return PAGE_LIMIT if limit is None else min(limit, PAGE_LIMIT)


def _page(found: Sequence[str], limit: int) -> Page[str]:
    """`found` is one more than `limit` if there is a next page; a page of none has no next (spec: n=0)."""
    items = found[:limit]
    return Page(items, items[-1] if items and len(found) > limit else None)


def _weight(referrer: Referrer) -> int:
    """At least as many bytes as its descriptor takes: annotations are never longer than the manifest they stand in."""
    return _FRAME_BYTES + (referrer.size if referrer.annotations else 0)
