"""What is known of content: sessions, visible blobs, manifests and tags, lists, events."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pierone_core.ports.catalogue import CatalogueStore
from pierone_core.records import Event, ManifestWrite, Referrer, StoredManifest, TagBinding, UploadSession
from pierone_core.values import Digest, Repository, Tag


class UploadSessions(Protocol):
    """Which uploads are under way."""

    def start(self, repository: Repository, starter: str, algorithm: str, at: datetime) -> UploadSession:
        """Remember a new session, whose id nobody can guess."""

    def find(self, upload_id: str, repository: Repository, starter: str) -> UploadSession | None:
        """The session, if it is under way and was started in `repository` by `starter`."""

    def remove(self, upload_id: str) -> None:
        """Forget a session; forgetting an unknown one is harmless."""

    def started_before(self, time: datetime) -> Sequence[str]:
        """Ids of sessions started before `time`; those whose bytes came later may be left out."""


class RepositoryBlobs(Protocol):
    """Which blobs are visible in which repository, and their sizes in bytes."""

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """The blob's size, if it is visible in `repository`."""

    def size_anywhere(self, digest: Digest) -> int | None:
        """The blob's size, if it is visible in any repository."""

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """Make a blob visible; again is harmless. Its bytes must be durable already."""

    def recount(self) -> None:
        """Make `Totals.storage` what all blobs have, whatever befell their table; others may add blobs meanwhile."""

    def everywhere(self, after: str, limit: int) -> Sequence[tuple[Digest, int]]:
        """At most `limit` blobs of all repositories with their sizes, each once, by digest, greater than `after`."""


class TagRaced(Exception):
    """A tag no longer holds what the write expected: judge again. Between store and rule; no caller sees it."""


class Manifests(Protocol):
    """Manifests and the tags bound to them."""

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """The manifest, if it was pushed to `repository`."""

    def has(self, repository: Repository, digest: Digest) -> bool:
        """Whether the manifest was pushed to `repository`."""

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """What `tag` holds."""

    def tagged(self, repository: Repository, tag: Tag) -> tuple[TagBinding, StoredManifest] | None:
        """What `tag` holds, with the manifest: one question instead of two."""

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """The tags, the one created last first (a moved tag keeps its place); close when done."""

    def store(self, write: ManifestWrite) -> None:
        """In one transaction: the manifest if new, all its tags, an event for each change. All or nothing.

        Raises `TagRaced` if a tag does not hold what its write expects. Moves no immutable tag, whatever is asked.
        """


class Listing(Protocol):
    """Lists by key range, in byte order."""

    def has_repository(self, repository: Repository) -> bool:
        """Whether a manifest was ever pushed to it."""

    def repositories(self, after: str, limit: int) -> Sequence[str]:
        """At most `limit` names greater than `after`."""

    def tags(self, repository: Repository, after: str, limit: int) -> Sequence[str]:
        """At most `limit` tags of `repository` greater than `after`."""

    def referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None, after: str
    ) -> Generator[Referrer]:
        """Manifests whose subject is `subject`, by digest, those greater than `after`; close when done."""


class EventLog(Protocol):
    """The append-only record of accepted changes."""

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """At most `limit` events with a sequence greater than `after`, in order."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata ports, which share one store and its transactions.

    `prompt`: reads take microseconds, so an event loop may wait for them. `check` asks the store for as little as can
    be, and raises `Unavailable` if it does not answer. `alone(name)` is true for one holder of `name` at a time, among
    all processes that share the store; it never waits, and lets go by itself when its process dies.
    `share(name, value)` keeps `value` for ever unless `name` has one already, and returns what is kept.
    """

    uploads: UploadSessions
    blobs: RepositoryBlobs
    manifests: Manifests
    listing: Listing
    events: EventLog
    catalogue: CatalogueStore
    prompt: bool
    check: Callable[[], None]
    alone: Callable[[str], AbstractContextManager[bool]]
    share: Callable[[str, str], str]
    close: Callable[[], None] = lambda: None
