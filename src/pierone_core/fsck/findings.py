"""What can be found."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of damage, and of what is worth telling but is none."""

    BLOB_MISSING = "blob-missing"
    BLOB_SIZE = "blob-size"
    BLOB_DAMAGED = "blob-damaged"
    BLOB_UNREADABLE = "blob-unreadable"
    BLOB_INVISIBLE = "blob-invisible"
    MANIFEST_MISSING = "manifest-missing"
    MANIFEST_DAMAGED = "manifest-damaged"
    TAG_MISSING = "tag-missing"
    TAG_CHANGED = "tag-changed"
    EVENT_MISSING = "event-missing"
    BLOB_UNREFERENCED = "blob-unreferenced"
    BLOB_REBUILT = "blob-rebuilt"
    STRAY = "stray"


_HARMLESS = frozenset({Kind.BLOB_UNREFERENCED, Kind.BLOB_REBUILT, Kind.STRAY})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: its kind, what it is about, and a sentence."""

    kind: Kind
    subject: str
    message: str

    @property
    def is_damage(self) -> bool:
        """Whether something that was acknowledged is not as it was."""
        return self.kind not in _HARMLESS

    def __str__(self) -> str:
        return f"{'damage' if self.is_damage else 'note'} {self.kind} {self.subject}: {self.message}"


@dataclass(slots=True)
class Tally:
    """How much was looked at; `verified_bytes` of blobs were read and hashed."""

    manifests: int = 0
    tags: int = 0
    blobs: int = 0
    verified_blobs: int = 0
    verified_bytes: int = 0
