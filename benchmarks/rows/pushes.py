"""Push: one large layer, and whole small images."""

import os
import shutil
import time
from functools import partial
from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.images import LAYER_BYTES, LAYERS, fresh_image
from benchmarks.layer_file import MIB
from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection
from benchmarks.loads.generators import curl_patch, shown_patch
from benchmarks.loads.registry_client import closing_target, push_image, start_upload, upload_target
from benchmarks.rows.row import Reference, Row, Scene, Sizes
from benchmarks.servers import Server

LAYER_REPOSITORY = "bench/layers"
IMAGE_REPOSITORY = "bench/images"
# The bytes come over a connection and are hashed as well.
DISK_TARGET = 0.5


def push_layer(server: Server, repository: str, file: Path, digest: str) -> float:
    """Push a file as a blob: POST, PATCH by curl, PUT. Return the seconds until the PUT was answered."""
    begin = time.monotonic()
    with Connection(server.address) as connection:
        location = start_upload(connection, repository)
    patched = curl_patch(server.address, upload_target(location), file)
    # Another connection: the first would have been idle for seconds, and a server may close it then.
    with Connection(server.address) as connection:
        connection.request("PUT", closing_target(patched, digest), (201,))
    return time.monotonic() - begin


def _measure_layer(server: Server, scene: Scene) -> Sample:
    digest = scene.layer.fresh()
    # The file has just been changed; its own way to the disk is not the server's work.
    os.sync()
    seconds = push_layer(server, LAYER_REPOSITORY, scene.layer.path, digest)
    return Sample(scene.layer.size / seconds / 1e6, command=shown_patch(server.address, "/<upload>", Path("layer.bin")))


def _write_layer(_: Server, scene: Scene) -> Sample:
    scene.layer.fresh()
    os.sync()
    begin = time.monotonic()
    with scene.layer.path.open("rb") as source, (scene.directory / "plain.bin").open("wb") as plain:
        shutil.copyfileobj(source, plain, MIB)
        plain.flush()
        os.fsync(plain.fileno())
        seconds = time.monotonic() - begin
    return Sample(scene.layer.size / seconds / 1e6)


def _push_one(token: str, connection: Connection, number: int) -> None:
    push_image(connection, IMAGE_REPOSITORY, f"{token}-{number}", fresh_image())


def _measure_images(server: Server, scene: Scene) -> Sample:
    return swarm.run_for(scene.seconds, partial(_push_one, os.urandom(4).hex()), server.address)


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the rows of this module."""
    return (
        Row(
            "layer-push",
            f"push of a layer of {sizes.layer_mib} MiB",
            "MB/s",
            Better.HIGHER,
            "POST, PATCH with the whole body in chunks (curl), PUT; new content each time; from before the POST "
            "until the PUT is answered; MB are 10^6 bytes.",
            _measure_layer,
            ceiling=True,
        ),
        Row(
            "layer-push-disk",
            f"push of a layer of {sizes.layer_mib} MiB, beside the disk",
            "MB/s",
            Better.HIGHER,
            "As layer-push; beside it the same bytes are read from the page cache, written to another file and synced. "
            "Where the disk of a rented machine is slowed down after some gigabytes, both rates tell.",
            _measure_layer,
            reference=Reference("write and fsync", _write_layer, DISK_TARGET),
        ),
        Row(
            "image-push",
            f"push of small images, {swarm.CLIENTS} at a time",
            "images/s",
            Better.HIGHER,
            f"{swarm.CLIENTS} client processes, each on one connection; {LAYERS} layers of {LAYER_BYTES // 1024} KiB "
            "and a config, each HEAD, POST, PATCH in chunks, PUT; then PUT of the manifest under a new tag. "
            "Making the image up is part of the time.",
            _measure_images,
            ceiling=True,
        ),
    )
