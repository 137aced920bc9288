"""The whole registry as one value: what an embedder makes, and what the server is a translation of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from pierone_core.access_policy import AccessPolicy
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.discovery import Discovery
from pierone_core.ports import BlobStore, EventLog, Metadata, Now
from pierone_core.pull import Pull
from pierone_core.push_blobs import BlobPush
from pierone_core.push_manifests import ManifestPush
from pierone_core.tag_policy import MutableTags

# Teams are those that the caller brings along; no service user owns an application.
CLAIMS_ONLY = AccessPolicy(NoTeams(), NoApplications())


def utc_now() -> datetime:
    """The time of day, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Registry:
    """The use cases, by chapter of the distribution spec, and the record of what they changed."""

    push_blobs: BlobPush
    push_manifests: ManifestPush
    pull: Pull
    discovery: Discovery
    events: EventLog
    access: AccessPolicy

    @classmethod
    def over(
        cls,
        metadata: Metadata,
        store: BlobStore,
        mutable_tags: MutableTags = MutableTags(),  # noqa: B008 - frozen
        access: AccessPolicy = CLAIMS_ONLY,
        now: Now = utc_now,
    ) -> Self:
        """Compose the use cases over a metadata store and a blob store."""
        return cls(
            push_blobs=BlobPush(metadata.blobs, metadata.uploads, store, access, now),
            push_manifests=ManifestPush(metadata.manifests, metadata.blobs, mutable_tags, access, now),
            pull=Pull(metadata.manifests, metadata.blobs, store),
            discovery=Discovery(metadata.listing),
            events=metadata.events,
            access=access,
        )
