"""Pull, seen request by request: manifests and blobs."""

from functools import partial

from benchmarks.figures import Better, Sample
from benchmarks.images import MANIFEST_TYPE
from benchmarks.layer_file import PULL_MARK
from benchmarks.loads.generators import CONNECTIONS, curl_downloads, hey, wrk
from benchmarks.rows.pushes import push_layer
from benchmarks.rows.row import Row, Scene, Sizes
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.servers import Server

# Several downloads on one connection, so that the start of curl is a small part of the time.
DOWNLOADS = 4


def _small(name: str, title: str, method: str, target: str) -> Row:
    load = wrk if method == "GET" else hey

    def measure(server: Server, scene: Scene) -> Sample:
        return load(server.address, f"/v2/{READ_REPOSITORY}/{target}", scene.seconds, MANIFEST_TYPE)

    description = f"{method} of one {title.split(maxsplit=1)[0]} on {CONNECTIONS} connections."
    return Row(name, title, "requests/s", Better.HIGHER, description, measure, _provide_read_image, ceiling=True)


def _provide_read_image(server: Server, _: Scene) -> str:
    provide(server, READ_REPOSITORY, READ_TAG, READ_IMAGE)
    return ""


def measure_download(processes: int, server: Server, scene: Scene) -> Sample:
    """GET the large layer."""
    target = f"/v2/{READ_REPOSITORY}/blobs/{scene.layer.marked(PULL_MARK)}"
    return curl_downloads(server.address, target, scene.layer.size, processes=processes, repeats=DOWNLOADS)


def _download(name: str, title: str, processes: int, sizes: Sizes) -> Row:
    description = (
        f"GET of a blob of {sizes.layer_mib} MiB that is in the page cache, by {processes} curl at once, "
        f"{DOWNLOADS} times each on its connection; MB are 10^6 bytes."
    )
    return Row(name, title, "MB/s", Better.HIGHER, description, partial(measure_download, processes), provide_layer)


def provide_layer(server: Server, scene: Scene) -> str:
    """Push the large layer; a second time where an earlier row has."""
    push_layer(server, READ_REPOSITORY, scene.layer.path, scene.layer.marked(PULL_MARK))
    return ""


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the rows of this module."""
    by_tag, by_digest = f"manifests/{READ_TAG}", f"manifests/{READ_IMAGE.manifest.digest}"
    return (
        _small("manifest-get-tag", "manifest GET by tag", "GET", by_tag),
        _small("manifest-get-digest", "manifest GET by digest", "GET", by_digest),
        _small("manifest-head-tag", "manifest HEAD by tag", "HEAD", by_tag),
        _small("manifest-head-digest", "manifest HEAD by digest", "HEAD", by_digest),
        _small("blob-head", "blob HEAD", "HEAD", f"blobs/{READ_IMAGE.layers[0].digest}"),
        _download("blob-get-1", "blob GET, 1 connection", 1, sizes),
        _download("blob-get-4", "blob GET, 4 connections", 4, sizes),
    )
