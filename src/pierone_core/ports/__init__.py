"""What the core needs from the outside, by capability. Adapters implement these; each method says what it raises.

Any method may raise `Unavailable` (or `StorageFull`) when its technology does not answer; it must never
report that as a missing thing or as a conflict.
"""

from collections.abc import Callable
from datetime import datetime

from pierone_core.ports.identity import Application, ApplicationDirectory, Identity, TeamDirectory, TokenIssuer
from pierone_core.ports.metadata import (
    EventLog,
    Listing,
    Manifests,
    Metadata,
    RepositoryBlobs,
    TagRaced,
    UploadSessions,
)
from pierone_core.ports.storage import BlobReader, BlobStore, FileExtent, UploadWriter

Now = Callable[[], datetime]

__all__ = [
    "Application",
    "ApplicationDirectory",
    "BlobReader",
    "BlobStore",
    "EventLog",
    "FileExtent",
    "Identity",
    "Listing",
    "Manifests",
    "Metadata",
    "Now",
    "RepositoryBlobs",
    "TagRaced",
    "TeamDirectory",
    "TokenIssuer",
    "UploadSessions",
    "UploadWriter",
]
