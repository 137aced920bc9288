"""Pull of images as a client pulls them: a few that any cache holds, and more than ours does."""

import json
from functools import partial

from benchmarks.figures import Better, Sample
from benchmarks.images import LAYER_BYTES, LAYERS
from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection, UnexpectedAnswerError
from benchmarks.loads.registry_client import pull_image
from benchmarks.rows.row import Row, Scene
from benchmarks.rows.stock import FEW_IMAGES, PULLED_REPOSITORY, provide, pulled_image, pulled_tag
from benchmarks.servers import Server

# 75 MiB, where small blobs have 16 of PIERONE_CACHE_BYTES.
MANY_IMAGES = 250


def _provide(count: int, server: Server, _: Scene) -> str:
    with Connection(server.address) as connection:
        for number in range(count):
            image = pulled_image(number)
            provide(server, PULLED_REPOSITORY, pulled_tag(number), image)
            pulled = pull_image(connection, PULLED_REPOSITORY, pulled_tag(number))
            if pulled != {blob.digest: blob.content for blob in (image.config, *image.layers)}:
                raise UnexpectedAnswerError(json.dumps(list(pulled)))
    return f"{count} images, each pulled once and compared byte by byte before the clock starts"


def _pull_one(count: int, connection: Connection, number: int) -> None:
    pull_image(connection, PULLED_REPOSITORY, pulled_tag(number % count))


def _measure(count: int, server: Server, scene: Scene) -> Sample:
    return swarm.run_for(scene.seconds, partial(_pull_one, count), server.address)


def rows() -> tuple[Row, ...]:
    """Return the rows of this module."""
    what = (
        f"{swarm.CLIENTS} client processes, each on one connection; HEAD manifest by tag, GET it by digest, GET "
        f"config and {LAYERS} layers of {LAYER_BYTES // 1024} KiB, one after the other"
    )
    return (
        Row(
            "image-pull",
            f"pull of {FEW_IMAGES} small images, {swarm.CLIENTS} at a time",
            "images/s",
            Better.HIGHER,
            f"{what}.",
            partial(_measure, FEW_IMAGES),
            partial(_provide, FEW_IMAGES),
            ceiling=True,
        ),
        Row(
            "image-pull-many",
            f"pull of {MANY_IMAGES} small images, {swarm.CLIENTS} at a time",
            "images/s",
            Better.HIGHER,
            f"{what}; all images in turn, more than Pier One keeps in memory, all of them in the page cache.",
            partial(_measure, MANY_IMAGES),
            partial(_provide, MANY_IMAGES),
        ),
    )
