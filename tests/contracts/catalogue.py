"""A little of everything in a catalogue."""

from tests.contracts.content import OTHER, fixed, write
from tests.contracts.images import image

from pierone_core.ports import Metadata
from pierone_core.values import Repository

ONE, TWO = image(b"one"), image(b"two")
FOREIGN = Repository.parse("foreign/app/part")


def fill(metadata: Metadata) -> None:
    """Three repositories of two teams, with 2 + 1 + 1 tags."""
    metadata.manifests.store(write(ONE, fixed("1.0"), fixed("1")))
    metadata.manifests.store(write(TWO, fixed("2.0"), repository=OTHER))
    metadata.manifests.store(write(ONE, fixed("1.0"), repository=FOREIGN))
