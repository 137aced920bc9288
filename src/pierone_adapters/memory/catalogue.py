"""The catalogue's ports over the dictionaries of the memory store. Nothing is counted ahead: it is the reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pierone_core.manifest import Manifest
from pierone_core.ports import (
    CatalogueStore,
    LayerSource,
    ScmClaim,
    TagEntry,
    TaggedRepository,
    TeamFigures,
    Totals,
)
from pierone_core.records import Event, EventKind, TagBinding
from pierone_core.values import Digest, Repository, Tag

Manifests = Mapping[tuple[Repository, Digest], Manifest]
Tags = Mapping[tuple[Repository, Tag], TagBinding]
Blobs = Mapping[tuple[Repository, Digest], int]


def memory_catalogue(manifests: Manifests, tags: Tags, blobs: Blobs, events: Sequence[Event]) -> CatalogueStore:
    """The ports over what the other ports write."""
    return CatalogueStore(
        MemoryCatalogue(manifests, tags, blobs, events),
        MemoryImages(manifests, tags),
        MemoryHistory(events),
        MemoryScmSources(tags),
    )


@dataclass(frozen=True)
class MemoryCatalogue:
    """`Catalogue` in memory."""

    _manifests: Manifests
    _tags: Tags
    _blobs: Blobs
    _events: Sequence[Event]

    def teams(self, after: str, limit: int) -> Sequence[TeamFigures]:
        """See `Catalogue`."""
        names = {repository.team for repository in self._repositories()}
        return [self.team(name) for name in sorted(names) if name > after][:limit]

    def team(self, name: str) -> TeamFigures:
        """See `Catalogue`."""
        artifacts = sum(repository.team == name for repository in self._repositories())
        return TeamFigures(name, artifacts, sum(repository.team == name for repository, _ in list(self._tags)))

    def totals(self) -> Totals:
        """See `Catalogue`."""
        sizes = {digest: size for (_, digest), size in list(self._blobs.items())}
        return Totals(len({repository.team for repository in self._repositories()}), sum(sizes.values()))

    def artifacts(self, team: str, after: str, limit: int) -> Sequence[str]:
        """See `Catalogue`."""
        names = sorted(_artifact(repository) for repository in self._repositories() if repository.team == team)
        return [name for name in names if name > after][:limit]

    def find(self, prefix: str, limit: int) -> Sequence[Repository]:
        """See `Catalogue`."""
        found = [r for r in self._repositories() if r.name.startswith(prefix) or _artifact(r).startswith(prefix)]
        return sorted(found, key=str)[:limit]

    def tags(self, repository: Repository, after: Tag | None, limit: int, *, newest_first: bool) -> Sequence[TagEntry]:
        """See `Catalogue`."""
        # A dictionary keeps the order of first insertion, which is the order of creation.
        names = [tag for r, tag in list(self._tags) if r == repository]
        names = names[::-1] if newest_first else names
        start = names.index(after) + 1 if after else 0
        made = self._made(repository)
        return [self._entry(repository, tag, made[tag]) for tag in names[start : start + limit]]

    def tag(self, repository: Repository, tag: Tag) -> TagEntry | None:
        """See `Catalogue`."""
        made = self._made(repository)
        return self._entry(repository, tag, made[tag]) if tag in made else None

    def _repositories(self) -> set[Repository]:
        return {repository for repository, _ in list(self._manifests)}

    def _made(self, repository: Repository) -> Mapping[Tag, Event]:
        """The event that made each tag."""
        bound = [event for event in list(self._events) if event.repository == repository]
        return {event.tag: event for event in bound if event.tag and event.kind is EventKind.TAG_BOUND}

    def _entry(self, repository: Repository, tag: Tag, made: Event) -> TagEntry:
        held = self._tags[repository, tag]
        manifest = self._manifests[repository, held.digest]
        return TagEntry(
            repository=repository,
            tag=tag,
            digest=held.digest,
            image=manifest.config or held.digest,
            media_type=manifest.media_type,
            immutable=held.immutable,
            created=made.at,
            created_by=made.caller,
            bound=held.bound_at,
            bound_by=held.author,
        )


@dataclass(frozen=True)
class MemoryImages:
    """`Images` in memory."""

    _manifests: Manifests
    _tags: Tags

    def digests(self, prefix: str, limit: int) -> Sequence[Digest]:
        """See `Images`."""
        found = {digest for binding in list(self._tags.values()) for digest in self._held(binding)}
        return sorted((digest for digest in found if str(digest).startswith(prefix)), key=str)[:limit]

    def tags(self, digest: Digest, after: TaggedRepository | None, limit: int) -> Sequence[TaggedRepository]:
        """See `Images`."""
        found = [
            TaggedRepository(binding.repository, binding.tag)
            for binding in list(self._tags.values())
            if digest in self._held(binding)
        ]
        return sorted((tagged for tagged in found if after is None or _key(tagged) > _key(after)), key=_key)[:limit]

    def _held(self, binding: TagBinding) -> Iterator[Digest]:
        yield binding.digest
        for part in self._parts(binding.repository, binding.digest):
            yield part
            yield from self._parts(binding.repository, part)

    def _parts(self, repository: Repository, digest: Digest) -> Sequence[Digest]:
        manifest = self._manifests.get((repository, digest))
        return manifest.images if manifest else ()


@dataclass(frozen=True)
class MemoryHistory:
    """`History` in memory."""

    _events: Sequence[Event]

    def of_repository(
        self, repository: Repository, after: int | None, limit: int, *, newest_first: bool
    ) -> Sequence[Event]:
        """See `History`."""
        found = [event for event in self._events if event.repository == repository]
        return _beyond(found, after, newest_first=newest_first)[:limit]

    def pushes(self, after: int | None, limit: int) -> Sequence[Event]:
        """See `History`."""
        return _beyond([event for event in self._events if event.tag], after, newest_first=True)[:limit]


@dataclass(frozen=True)
class MemoryScmSources:
    """`ScmSources` in memory."""

    _tags: Tags
    _claims: dict[tuple[Repository, Tag, Digest], ScmClaim] = field(default_factory=dict)
    _layers: dict[Digest, LayerSource] = field(default_factory=dict)

    def claim(self, repository: Repository, tag: Tag, digest: Digest) -> ScmClaim | None:
        """See `ScmSources`."""
        return self._claims.get((repository, tag, digest))

    def add_claim(self, claim: ScmClaim) -> ScmClaim | None:
        """See `ScmSources`."""
        key = claim.repository, claim.tag, claim.digest
        held = self._tags.get((claim.repository, claim.tag))
        return self._claims.get(key) if held and held.digest == claim.digest else self._claims.setdefault(key, claim)

    def layer(self, digest: Digest) -> LayerSource | None:
        """See `ScmSources`."""
        return self._layers.get(digest)

    def add_layer(self, digest: Digest, found: LayerSource) -> None:
        """See `ScmSources`."""
        self._layers.setdefault(digest, found)


def _beyond(events: Sequence[Event], after: int | None, *, newest_first: bool) -> Sequence[Event]:
    if newest_first:
        return [event for event in reversed(events) if after is None or event.sequence < after]
    return [event for event in events if after is None or event.sequence > after]


def _artifact(repository: Repository) -> str:
    return repository.name.partition("/")[2]


def _key(tagged: TaggedRepository) -> tuple[str, str]:
    return tagged.repository.name, tagged.tag.name
