"""Pull after a restart: the first read of each of many tags, each of a manifest of its own."""

from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection
from benchmarks.loads.registry_client import get_manifest, put_manifest
from benchmarks.rows.row import Row, Scene, Sizes
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.servers import Server, running


def _directory(server: Server) -> Path:
    # Not the one of the running server: two processes on one directory are not what is measured.
    return server.directory.with_name(f"{server.directory.name}-cold")


def _tag(number: int) -> str:
    return f"cold-{number:06}"


def _put(connection: Connection, number: int) -> None:
    tag = _tag(number)
    put_manifest(connection, READ_REPOSITORY, tag, READ_IMAGE.manifest_with({"benchmark.tag": tag}))


def _get(connection: Connection, number: int) -> None:
    get_manifest(connection, READ_REPOSITORY, _tag(number))


def _fill(server: Server, scene: Scene) -> str:
    with running(server.kind, _directory(server)) as filled:
        provide(filled, READ_REPOSITORY, READ_TAG, READ_IMAGE)
        swarm.run_units(scene.sizes.cold_tags, _put, filled.address)
    return ""


def _measure(server: Server, scene: Scene) -> Sample:
    with running(server.kind, _directory(server)) as restarted:
        return swarm.run_units(scene.sizes.cold_tags, _get, restarted.address)


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the row of this module."""
    return (
        Row(
            "manifest-get-cold",
            f"manifest GET by tag, first read of each of {sizes.cold_tags:,}",
            "requests/s",
            Better.HIGHER,
            f"{swarm.CLIENTS} client processes, each on one connection; each tag has a manifest of its own and is "
            "read once. The server has been started for the sample, so its caches are empty; the page cache is not.",
            _measure,
            _fill,
            ceiling=True,
        ),
    )
