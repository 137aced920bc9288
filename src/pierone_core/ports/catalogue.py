"""What people look up: teams with their artifacts and tags, images by digest, statistics, sources.

Every list is a range of an index; every figure is counted when something is pushed. `after` is the last item of the
page before, None for the first page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from pierone_core.records import Event
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Repository, Tag


@dataclass(frozen=True, slots=True)
class TagEntry:
    """A tag: who made it when, and what it holds since when.

    `image`: the digest of the config, which is what Docker shows as the image's id; an index has its own digest there.
    """

    repository: Repository
    tag: Tag
    digest: Digest
    image: Digest
    media_type: str
    immutable: bool
    created: datetime
    created_by: str
    bound: datetime
    bound_by: str


class TeamFigures(NamedTuple):
    """How many artifacts and tags a team has."""

    team: str
    artifacts: int
    tags: int


class Totals(NamedTuple):
    """How many teams there are, and how many bytes all blobs have, each counted once."""

    teams: int
    storage: int


class TaggedRepository(NamedTuple):
    """A tag with its repository."""

    repository: Repository
    tag: Tag


class Catalogue(Protocol):
    """Lists of what was pushed."""

    def teams(self, after: str, limit: int) -> Sequence[TeamFigures]:
        """At most `limit` teams greater than `after`, in byte order."""

    def team(self, name: str) -> TeamFigures:
        """The figures of one team: zeros if nothing was pushed to it."""

    def totals(self) -> Totals:
        """The figures of the whole registry."""

    def artifacts(self, team: str, after: str, limit: int) -> Sequence[str]:
        """At most `limit` artifacts of `team` greater than `after`, in byte order."""

    def find(self, prefix: str, limit: int) -> Sequence[Repository]:
        """At most `limit` repositories whose name or artifact begins with `prefix`, in byte order."""

    def tags(self, repository: Repository, after: Tag | None, limit: int, *, newest_first: bool) -> Sequence[TagEntry]:
        """At most `limit` tags in the order of creation, or against it, beyond `after` (which must be there)."""

    def tag(self, repository: Repository, tag: Tag) -> TagEntry | None:
        """One tag."""


class Images(Protocol):
    """Images by the digests that people know them by: of a manifest, of a config, of a child of an index."""

    def digests(self, prefix: str, limit: int) -> Sequence[Digest]:
        """At most `limit` digests of tagged images that begin with `prefix`, in byte order."""

    def tags(self, digest: Digest, after: TaggedRepository | None, limit: int) -> Sequence[TaggedRepository]:
        """At most `limit` tags that hold the image, or an index with it, by repository and tag in byte order."""


class History(Protocol):
    """Parts of the event log. `after` is a sequence."""

    def of_repository(
        self, repository: Repository, after: int | None, limit: int, *, newest_first: bool
    ) -> Sequence[Event]:
        """At most `limit` events of a repository in their order, or against it, beyond `after`."""

    def pushes(self, after: int | None, limit: int) -> Sequence[Event]:
        """At most `limit` bindings of tags in all repositories before `after`, the newest first."""


@dataclass(frozen=True, slots=True)
class ScmClaim:
    """What a trusted caller said of a push: the source of `digest` as `tag` of a repository."""

    repository: Repository
    tag: Tag
    digest: Digest
    source: ScmSource
    caller: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LayerSource:
    """What was found in a layer: a source; a file that hides those of lower layers without being one; or nothing."""

    source: ScmSource | None = None
    hides: bool = False


class ScmSources(Protocol):
    """What is known of where images come from. What is written once stays."""

    def claim(self, repository: Repository, tag: Tag, digest: Digest) -> ScmClaim | None:
        """What was said when `tag` was bound to `digest`."""

    def add_claim(self, claim: ScmClaim) -> ScmClaim | None:
        """Keep `claim` unless there is one already, or the tag holds the digest without one; return what is kept."""

    def layer(self, digest: Digest) -> LayerSource | None:
        """What was found in a layer, None if nobody looked."""

    def add_layer(self, digest: Digest, found: LayerSource) -> None:
        """Keep what was found in a layer; again is harmless."""


@dataclass(frozen=True, slots=True)
class CatalogueStore:
    """The catalogue's ports, which share the store of `Metadata`."""

    lists: Catalogue
    images: Images
    history: History
    scm_sources: ScmSources
