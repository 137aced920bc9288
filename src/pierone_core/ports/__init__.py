"""What the core needs from the outside, by capability. Adapters implement these; each method says what it raises.

Any method may raise `Unavailable` (or `StorageFull`) when its technology does not answer; it must never
report that as a missing thing or as a conflict.
"""

from collections.abc import Callable
from datetime import datetime

from pierone_core.ports.catalogue import (
    Catalogue,
    CatalogueStore,
    History,
    Images,
    LayerSource,
    ScmClaim,
    ScmSources,
    TagEntry,
    TaggedRepository,
    TeamFigures,
    Totals,
)
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
    "Catalogue",
    "CatalogueStore",
    "EventLog",
    "FileExtent",
    "History",
    "Identity",
    "Images",
    "LayerSource",
    "Listing",
    "Manifests",
    "Metadata",
    "Now",
    "RepositoryBlobs",
    "ScmClaim",
    "ScmSources",
    "TagEntry",
    "TagRaced",
    "TaggedRepository",
    "TeamDirectory",
    "TeamFigures",
    "TokenIssuer",
    "Totals",
    "UploadSessions",
    "UploadWriter",
]
