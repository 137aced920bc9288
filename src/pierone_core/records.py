"""What the metadata store keeps: upload sessions, manifests, tag bindings, events, referrers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pierone_core.manifest import Manifest
from pierone_core.values import Digest, Repository, Tag


@dataclass(frozen=True, slots=True)
class UploadSession:
    """A blob upload under way; it belongs to its repository and to the caller who started it."""

    id: str
    repository: Repository
    starter: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as it was received, byte for byte."""

    digest: Digest
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TagBinding:
    """A tag and the digest it holds. `immutable` was decided when the tag was first bound."""

    repository: Repository
    tag: Tag
    digest: Digest
    immutable: bool
    author: str
    bound_at: datetime


@dataclass(frozen=True, slots=True)
class TagWrite:
    """A tag to bind, if it still holds `expected` (None: if nobody holds it yet)."""

    tag: Tag
    expected: Digest | None
    immutable: bool


@dataclass(frozen=True, slots=True)
class Referrer:
    """A manifest that names another as its subject (spec: "Listing Referrers")."""

    digest: Digest
    media_type: str
    size: int
    artifact_type: str | None
    annotations: Mapping[str, str]


class EventKind(StrEnum):
    """The changes that are recorded."""

    MANIFEST_STORED = "manifest_stored"
    TAG_BOUND = "tag_bound"
    TAG_MOVED = "tag_moved"


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted change. `sequence` is dense and in commit order, from 1; `size` is the manifest's, in bytes."""

    sequence: int
    at: datetime
    kind: EventKind
    caller: str
    repository: Repository
    tag: Tag | None
    digest: Digest
    previous: Digest | None
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ManifestWrite:
    """A manifest to store and the tags to bind to it, asked for by `caller`."""

    repository: Repository
    manifest: Manifest
    tags: tuple[TagWrite, ...]
    caller: str
    at: datetime

    def event(self, sequence: int, tag: TagWrite | None) -> Event:
        """The record of binding `tag`, or of storing the manifest (None)."""
        return Event(
            sequence=sequence,
            at=self.at,
            kind=_kind(tag),
            caller=self.caller,
            repository=self.repository,
            tag=tag.tag if tag else None,
            digest=self.manifest.digest,
            previous=tag.expected if tag else None,
            media_type=self.manifest.media_type,
            size=len(self.manifest.data),
        )

    def binding(self, tag: TagWrite) -> TagBinding:
        """What `tag` holds when the write is done. Only a mutable tag can be moved, and mutable it stays."""
        immutable = tag.immutable and tag.expected is None
        return TagBinding(self.repository, tag.tag, self.manifest.digest, immutable, self.caller, self.at)


def _kind(tag: TagWrite | None) -> EventKind:
    if tag is None:
        return EventKind.MANIFEST_STORED
    return EventKind.TAG_MOVED if tag.expected else EventKind.TAG_BOUND
