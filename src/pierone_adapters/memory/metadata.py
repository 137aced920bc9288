"""The metadata ports over dictionaries and one lock."""

import threading
import uuid
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pierone_adapters.memory.catalogue import memory_catalogue
from pierone_core.manifest import Manifest
from pierone_core.ports import Metadata, TagRaced
from pierone_core.records import Event, ManifestWrite, Referrer, StoredManifest, TagBinding, TagWrite, UploadSession
from pierone_core.values import Digest, Repository, Tag


@dataclass
class _State:
    sessions: dict[str, tuple[UploadSession, datetime]] = field(default_factory=dict)
    blobs: dict[tuple[Repository, Digest], int] = field(default_factory=dict)
    manifests: dict[tuple[Repository, Digest], Manifest] = field(default_factory=dict)
    tags: dict[tuple[Repository, Tag], TagBinding] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: set[str] = field(default_factory=set)
    shared: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """See `Metadata`."""

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """See `Metadata`."""
        with self.lock:
            free = name not in self.held
            self.held.add(name)
        try:
            yield free
        finally:
            if free:
                self.held.discard(name)

    def share(self, name: str, value: str) -> str:
        """See `Metadata`."""
        return self.shared.setdefault(name, value)


def memory_metadata() -> Metadata:
    """A fresh, empty metadata store."""
    state = _State()
    return Metadata(
        uploads=MemoryUploadSessions(state),
        blobs=MemoryRepositoryBlobs(state),
        manifests=MemoryManifests(state),
        listing=MemoryListing(state),
        events=MemoryEventLog(state),
        catalogue=memory_catalogue(state.manifests, state.tags, state.blobs, state.events),
        prompt=True,
        check=state.check,
        alone=state.alone,
        share=state.share,
    )


@dataclass(frozen=True)
class MemoryUploadSessions:
    """`UploadSessions` in memory."""

    _state: _State

    def start(self, repository: Repository, starter: str, algorithm: str, at: datetime) -> UploadSession:
        """See `UploadSessions`."""
        session = UploadSession(str(uuid.uuid4()), repository, starter, algorithm)
        self._state.sessions[session.id] = session, at
        return session

    def find(self, upload_id: str, repository: Repository, starter: str) -> UploadSession | None:
        """See `UploadSessions`."""
        session, _ = self._state.sessions.get(upload_id, (None, None))
        return session if session and (session.repository, session.starter) == (repository, starter) else None

    def remove(self, upload_id: str) -> None:
        """See `UploadSessions`."""
        self._state.sessions.pop(upload_id, None)

    def started_before(self, time: datetime) -> Sequence[str]:
        """See `UploadSessions`."""
        return [session.id for session, at in list(self._state.sessions.values()) if at < time]


@dataclass(frozen=True)
class MemoryRepositoryBlobs:
    """`RepositoryBlobs` in memory."""

    _state: _State

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        return self._state.blobs.get((repository, digest))

    def size_anywhere(self, digest: Digest) -> int | None:
        """See `RepositoryBlobs`."""
        return next((size for (_, d), size in list(self._state.blobs.items()) if d == digest), None)

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """See `RepositoryBlobs`."""
        self._state.blobs[repository, digest] = size

    def recount(self) -> None:
        """See `RepositoryBlobs`: figures are counted when they are asked for."""

    def everywhere(self, after: str, limit: int) -> Sequence[tuple[Digest, int]]:
        """See `RepositoryBlobs`."""
        sizes = {str(digest): (digest, size) for (_, digest), size in list(self._state.blobs.items())}
        return [sizes[digest] for digest in sorted(sizes) if digest > after][:limit]


@dataclass(frozen=True)
class MemoryManifests:
    """`Manifests` in memory."""

    _state: _State

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """See `Manifests`."""
        found = self._state.manifests.get((repository, digest))
        return StoredManifest(found.digest, found.media_type, found.data) if found else None

    def has(self, repository: Repository, digest: Digest) -> bool:
        """See `Manifests`."""
        return (repository, digest) in self._state.manifests

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """See `Manifests`."""
        return self._state.tags.get((repository, tag))

    def tagged(self, repository: Repository, tag: Tag) -> tuple[TagBinding, StoredManifest] | None:
        """See `Manifests`."""
        binding = self.tag(repository, tag)
        manifest = self.get(repository, binding.digest) if binding else None
        return (binding, manifest) if binding and manifest else None

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """See `Manifests`."""
        # A dictionary keeps the order of first insertion, which is the order of creation.
        return (binding for (r, _), binding in reversed(list(self._state.tags.items())) if r == repository)

    def store(self, write: ManifestWrite) -> None:
        """See `Manifests`."""
        key = write.repository, write.manifest.digest
        with self._state.lock:
            for tag in write.tags:
                self._check_expected(write.repository, tag)
            if key not in self._state.manifests:
                self._state.manifests[key] = write.manifest
                self._record(write, None)
            for tag in write.tags:
                self._state.tags[write.repository, tag.tag] = write.binding(tag)
                self._record(write, tag)

    def _check_expected(self, repository: Repository, tag: TagWrite) -> None:
        held = self._state.tags.get((repository, tag.tag))
        if (held.digest if held else None) != tag.expected or (held and held.immutable):
            raise TagRaced

    def _record(self, write: ManifestWrite, tag: TagWrite | None) -> None:
        self._state.events.append(write.event(len(self._state.events) + 1, tag))


@dataclass(frozen=True)
class MemoryListing:
    """`Listing` in memory."""

    _state: _State

    def has_repository(self, repository: Repository) -> bool:
        """See `Listing`."""
        return any(r == repository for r, _ in list(self._state.manifests))

    def repositories(self, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        names = {repository.name for repository, _ in list(self._state.manifests)}
        return sorted(name for name in names if name > after)[:limit]

    def tags(self, repository: Repository, after: str, limit: int) -> Sequence[str]:
        """See `Listing`."""
        names = [tag.name for r, tag in list(self._state.tags) if r == repository]
        return sorted(name for name in names if name > after)[:limit]

    def referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None, after: str
    ) -> Generator[Referrer]:
        """See `Listing`."""
        found = [m for (r, _), m in list(self._state.manifests.items()) if r == repository and m.subject == subject]
        for m in sorted(found, key=lambda m: str(m.digest)):
            if str(m.digest) > after and artifact_type in (None, m.artifact_type):
                yield Referrer(m.digest, m.media_type, len(m.data), m.artifact_type, m.annotations)


@dataclass(frozen=True)
class MemoryEventLog:
    """`EventLog` in memory."""

    _state: _State

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """See `EventLog`."""
        return self._state.events[after : after + limit]
