"""What people ask of a registry beside the distribution spec: teams, artifacts, tags, images, statistics, events."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from pierone_core.discovery import Page
from pierone_core.errors import ManifestUnknown, NameUnknown, QueryInvalid
from pierone_core.image import ImageDocument, Platform, labels
from pierone_core.image_reader import ImageReader
from pierone_core.ports import CatalogueStore, Listing, TagEntry, TaggedRepository, TeamFigures, Totals
from pierone_core.records import Event
from pierone_core.values import Digest, Repository, Tag

PAGE_LIMIT = 1_000
SEARCH_LIMIT = 1_000
Item = TypeVar("Item")
_ALGORITHMS = "sha256:", "sha512:"


class ImageAmbiguous(QueryInvalid):
    """A prefix that more than one image has."""


@dataclass(frozen=True, slots=True)
class TagDetail:
    """A tag and what it holds. `size` in bytes: the manifest's own, and config and layers together (None: an index)."""

    entry: TagEntry
    manifest_size: int
    size: int | None
    platforms: Sequence[Platform]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The use cases that look things up. Every list comes in pages of at most `PAGE_LIMIT`."""

    store: CatalogueStore
    listing: Listing
    images: ImageReader

    def teams(self, limit: int, after: str = "") -> Page[TeamFigures]:
        """Teams with their figures, in byte order."""
        return _page(lambda n: self.store.lists.teams(after, n), limit, lambda figures: figures.team)

    def team(self, name: str) -> TeamFigures:
        """The figures of one team: zeros if nothing was ever pushed to it."""
        return self.store.lists.team(name)

    def totals(self) -> Totals:
        """The figures of the whole registry."""
        return self.store.lists.totals()

    def artifacts(self, team: str, limit: int, after: str = "") -> Page[str]:
        """Artifacts of `team`, in byte order; none if nothing was ever pushed to it."""
        return _page(lambda n: self.store.lists.artifacts(team, after, n), limit, str)

    def search(self, text: str) -> Sequence[Repository]:
        """Repositories whose name or artifact begins with `text`, at most `SEARCH_LIMIT`."""
        return self.store.lists.find(text, SEARCH_LIMIT)

    def tags(
        self, repository: Repository, limit: int, after: Tag | None = None, *, newest_first: bool = False
    ) -> Page[TagEntry]:
        """Tags by creation; raise `NameUnknown`, or `ManifestUnknown` if there is no tag `after`."""
        self._check_known(repository)
        if after and not self.store.lists.tag(repository, after):
            raise _unknown(repository, after)
        fetch = self.store.lists.tags
        return _page(
            lambda n: fetch(repository, after, n, newest_first=newest_first), limit, lambda entry: entry.tag.name
        )

    def tag(self, repository: Repository, tag: Tag) -> TagEntry:
        """One tag, `latest` being the newest one; raise `ManifestUnknown`."""
        entry = self._newest(repository) if tag.is_latest else self.store.lists.tag(repository, tag)
        if entry is None:
            raise _unknown(repository, tag)
        return entry

    def describe(self, entry: TagEntry) -> TagDetail:
        """What a tag holds; raise `Unavailable`."""
        stored = self.images.manifests.get(entry.repository, entry.digest)
        if stored is None:
            raise _unknown(entry.repository, entry.tag)
        document = ImageDocument.of(stored)
        config = self.images.config(entry.repository, document)
        return TagDetail(entry, len(stored.data), document.size, document.platforms(config), labels(config))

    def image(self, prefix: str) -> Digest:
        """The tagged image whose digest begins with `prefix`, which may lack the algorithm.

        Raises `ManifestUnknown`, or `ImageAmbiguous` if there are several.
        """
        prefixes = [prefix] if prefix.startswith(_ALGORITHMS) else [algorithm + prefix for algorithm in _ALGORITHMS]
        found = [digest for p in prefixes for digest in self.store.images.digests(p, 2)]
        if not found:
            raise ManifestUnknown(
                f"no tagged image has a digest that begins with {prefix[:150]}", {"image": prefix[:150]}
            )
        if len(found) > 1:
            raise ImageAmbiguous(f"prefix {prefix[:150]} matches more than one image; give more of the digest")
        return found[0]

    def tags_of_image(
        self, digest: Digest, limit: int, after: TaggedRepository | None = None
    ) -> Page[TaggedRepository]:
        """Tags that hold the image, or an index with it."""
        return _page(lambda n: self.store.images.tags(digest, after, n), limit, lambda t: f"{t.repository}:{t.tag}")

    def events(
        self, repository: Repository, limit: int, after: int | None = None, *, newest_first: bool = False
    ) -> Page[Event]:
        """What happened to a repository, oldest first unless asked otherwise; raise `NameUnknown`."""
        self._check_known(repository)
        fetch = self.store.history.of_repository
        return _page(
            lambda n: fetch(repository, after, n, newest_first=newest_first), limit, lambda event: str(event.sequence)
        )

    def pushes(self, limit: int, after: int | None = None) -> Page[Event]:
        """The newest bindings of tags in all repositories."""
        return _page(lambda n: self.store.history.pushes(after, n), limit, lambda event: str(event.sequence))

    def _newest(self, repository: Repository) -> TagEntry | None:
        """What `latest` names, by the rule of `Pull`."""
        with closing(self.images.manifests.tags_newest_first(repository)) as bindings:
            newest = next((binding.tag for binding in bindings if not binding.tag.names_referrers), None)
        return self.store.lists.tag(repository, newest) if newest else None

    def _check_known(self, repository: Repository) -> None:
        if not self.listing.has_repository(repository):
            raise NameUnknown(f"nothing was ever pushed to {repository}", {"name": repository.name})


def _page(fetch: Callable[[int], Sequence[Item]], limit: int, key: Callable[[Item], str]) -> Page[Item]:
    limit = max(1, min(limit, PAGE_LIMIT))
    found = fetch(limit + 1)
    items = found[:limit]
    return Page(items, key(items[-1]) if len(found) > limit else None)


def _unknown(repository: Repository, tag: Tag) -> ManifestUnknown:
    return ManifestUnknown(f"{repository} has no tag {tag}", {"tag": tag.name})
