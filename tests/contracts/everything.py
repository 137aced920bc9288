"""A little of everything that metadata keep, and all that they say of it."""

from contextlib import closing

from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write

from pierone_core.ports import Metadata
from pierone_core.records import UploadSession
from pierone_core.values import Digest, Tag

ONE, TWO = artifact("one", Digest.of(b"subject"), "a/b"), artifact("two")
LAYER = Digest.of(b"layer")
SESSION = UploadSession("id-1", APP, "alice", "sha512", AT)


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
            "session": metadata.uploads.get(SESSION.id),
            "repositories": list(metadata.listing.repositories("", 10)),
            "referrers": list(referrers),
            "events": list(metadata.events.read(0, 10)),
        }


def fill(metadata: Metadata) -> None:
    """Put a little of everything in."""
    metadata.blobs.add(APP, LAYER, 5)
    metadata.uploads.add(SESSION)
    metadata.manifests.store(write(ONE, fixed("1.0"), movable("dev")))
    metadata.manifests.store(write(TWO, movable("dev", ONE.digest), repository=APP))
    metadata.manifests.store(write(TWO, repository=OTHER))
