"""A little of everything that metadata keep, and all that they say of it."""

from contextlib import closing
from datetime import timedelta

from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write

from pierone_core.ports import Metadata
from pierone_core.values import Digest, Tag

ONE, TWO = artifact("one", Digest.of(b"subject"), "a/b"), artifact("two")
_DAY = timedelta(days=1)
LAYER = Digest.of(b"layer")


def everything(metadata: Metadata) -> dict[str, object]:
    """All that `metadata` says of what `fill` put in."""
    with (
        closing(metadata.listing.referrers(APP, Digest.of(b"subject"), None, "")) as referrers,
        closing(metadata.manifests.tags_newest_first(APP)) as newest_first,
    ):
        return {
            "tags": [metadata.manifests.tag(APP, Tag.parse(name)) for name in ("1.0", "dev")],
            "newest": list(newest_first),
            "manifest": metadata.manifests.get(APP, ONE.digest),
            "blob": metadata.blobs.size(APP, LAYER),
            "sessions": [_session(metadata, upload_id) for upload_id in metadata.uploads.started_before(AT + _DAY)],
            "repositories": list(metadata.listing.repositories("", 10)),
            "referrers": list(referrers),
            "events": list(metadata.events.read(0, 10)),
        }


def _session(metadata: Metadata, upload_id: str) -> tuple[str, str]:
    session = metadata.uploads.find(upload_id, APP, "alice")
    assert session, "not under way, or somebody else's"
    return session.starter, session.algorithm


def fill(metadata: Metadata) -> None:
    """Put a little of everything in."""
    metadata.blobs.add(APP, LAYER, 5)
    metadata.uploads.start(APP, "alice", "sha512", AT)
    metadata.manifests.store(write(ONE, fixed("1.0"), movable("dev")))
    metadata.manifests.store(write(TWO, movable("dev", ONE.digest), repository=APP))
    metadata.manifests.store(write(TWO, repository=OTHER))
