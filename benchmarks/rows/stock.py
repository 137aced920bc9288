"""The images the read and pull rows ask for; the null server knows them too."""

from benchmarks.images import Image, known_image
from benchmarks.loads.connection import Connection
from benchmarks.loads.registry_client import has_manifest, push_image
from benchmarks.servers import Server

READ_REPOSITORY = "bench/read"
READ_TAG = "1.0"
READ_IMAGE = known_image("read")

PULLED_REPOSITORY = "bench/pull"
# 9.6 MiB: any cache holds them.
FEW_IMAGES = 32


def pulled_image(number: int) -> Image:
    """Return the image of this number."""
    return known_image(f"pull {number}")


def pulled_tag(number: int) -> str:
    """Return the tag of the image of this number."""
    return f"1.{number}"


def provide(server: Server, repository: str, tag: str, image: Image) -> None:
    """Push an image unless an earlier row has."""
    with Connection(server.address) as connection:
        if not has_manifest(connection, repository, tag):
            push_image(connection, repository, tag, image)
