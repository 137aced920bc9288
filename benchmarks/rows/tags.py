"""Tags: how fast they are created, and how fast the first page of many is listed."""

import os
from functools import partial

from benchmarks.figures import Better, Sample
from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection, UnexpectedAnswerError
from benchmarks.loads.generators import CONNECTIONS, wrk
from benchmarks.loads.registry_client import list_tags, put_manifest
from benchmarks.rows.peer_files import link_tags
from benchmarks.rows.row import Row, Scene, Sizes
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.servers import Server

PAGE = 100
# Above this docker-registry would need a good part of an hour, and Pier One minutes.
HTTP_TAGS = 1_000
TAGS_A_PUT = 50


def _put_new_tag(token: str, connection: Connection, number: int) -> None:
    tag = f"{token}-{number}"
    put_manifest(connection, READ_REPOSITORY, tag, READ_IMAGE.manifest_with({"benchmark.tag": tag}))


def _provide_blobs(server: Server, _: Scene) -> str:
    provide(server, READ_REPOSITORY, READ_TAG, READ_IMAGE)
    return ""


def _measure_creation(server: Server, scene: Scene) -> Sample:
    return swarm.run_for(scene.seconds, partial(_put_new_tag, os.urandom(4).hex()), server.address)


def _filling_tag(number: int) -> str:
    return f"1.0.{number:06}"


def _put_filling_tag(repository: str, connection: Connection, number: int) -> None:
    put_manifest(connection, repository, _filling_tag(number), READ_IMAGE.manifest)


def put_tags(repository: str, connection: Connection, number: int) -> None:
    """Bind the `number`-th lot of TAGS_A_PUT tags to the image, in one PUT."""
    tags = [_filling_tag(number * TAGS_A_PUT + place) for place in range(TAGS_A_PUT)]
    reference = f"{READ_IMAGE.manifest.digest}?{'&'.join(f'tag={tag}' for tag in tags)}"
    put_manifest(connection, repository, reference, READ_IMAGE.manifest)


def _fill(repository: str, count: int, server: Server, _: Scene) -> str:
    provide(server, repository, _filling_tag(0), READ_IMAGE)
    if count <= HTTP_TAGS:
        swarm.run_units(count, partial(_put_filling_tag, repository), server.address)
        how = f"HTTP PUT, {swarm.CLIENTS} at a time"
    elif server.kind.has_tag_links:
        link_tags(server, repository, _filling_tag(0), [_filling_tag(number) for number in range(1, count)])
        how = "link files written beside the running server"
    else:
        swarm.run_units(count // TAGS_A_PUT, partial(put_tags, repository), server.address)
        how = f"HTTP PUT by digest with {TAGS_A_PUT} tags each, {swarm.CLIENTS} at a time"
    with Connection(server.address) as connection:
        listed = len(list_tags(connection, repository, PAGE))
    if listed < PAGE:
        message = f"{repository}: {listed} tags listed after {count} were written; not every registry takes ?tag="
        raise UnexpectedAnswerError(message)
    return f"{count:,} tags by {how}; asked for n={PAGE} it lists {listed:,}"


def _listing(name: str, count: int) -> Row:
    repository = f"bench/{name}"

    def measure(server: Server, scene: Scene) -> Sample:
        return wrk(server.address, f"/v2/{repository}/tags/list?n={PAGE}", scene.seconds, "application/json")

    return Row(
        name,
        f"tags/list?n={PAGE} of {count:,} tags",
        "requests/s",
        Better.HIGHER,
        f"GET of the first page on {CONNECTIONS} connections.",
        measure,
        partial(_fill, repository, count),
    )


def rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return the rows of this module."""
    return (
        Row(
            "tag-create",
            f"tag creation, {swarm.CLIENTS} at a time",
            "tags/s",
            Better.HIGHER,
            f"{swarm.CLIENTS} client processes, each on one connection; PUT of a manifest nobody has pushed, "
            "under a new tag; its blobs are there.",
            _measure_creation,
            _provide_blobs,
            ceiling=True,
        ),
        _listing("tags-list-few", sizes.few_tags),
        _listing("tags-list-many", sizes.many_tags),
    )
