"""One call of each kind, in the order in which tests name them."""

from collections.abc import Callable
from functools import partial

from tests.contracts.content import APP, artifact, fixed, write

from pierone_core.ports import Metadata
from pierone_core.values import Digest, Tag

LAYER = Digest.of(b"another layer")


def calls(metadata: Metadata) -> list[Callable[[], object]]:
    """Reads, then writes that are harmless to repeat, then what replicas share."""
    return [
        partial(metadata.manifests.tag, APP, Tag.parse("1.0")),
        partial(metadata.events.read, 0, 10),
        partial(metadata.blobs.add, APP, LAYER, 5),
        partial(metadata.uploads.remove, "unknown"),
        partial(metadata.manifests.store, write(artifact("two"), fixed("9.0"))),
        partial(metadata.share, "key", "value"),
        metadata.check,
        partial(in_alone, metadata),
    ]


def in_alone(metadata: Metadata) -> None:
    """Be alone for a moment."""
    with metadata.alone("sweep"):
        pass
