"""Rows that must never change: a few of each table, and how each is found by SQL."""

from tests.contracts.content import APP, artifact, fixed, movable, write

from pierone_core.ports import Metadata
from pierone_core.values import Digest

ONE, TWO = artifact("one"), artifact("two")
GUARDED = ["events", "tags", "manifests", "blobs", "repositories", "shared_values"]
KEYS = {
    "events": "sequence = 1",
    "tags": "name = '1.0'",
    "manifests": f"digest = '{ONE.digest}'",
    "blobs": "size = 5",
    "repositories": "name = 'team/app'",
    "shared_values": "name = 'key'",
}


def store_some(metadata: Metadata) -> None:
    """Store a little of everything."""
    metadata.blobs.add(APP, Digest.of(b"layer"), 5)
    metadata.manifests.store(write(ONE, fixed("1.0"), movable("dev")))
    metadata.manifests.store(write(TWO, fixed("2.0")))
    metadata.share("key", "value")
