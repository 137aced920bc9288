"""More and more tags in one repository, and more and more repositories."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection
from benchmarks.loads.registry_client import put_manifest
from benchmarks.rows.row import Scene
from benchmarks.rows.stock import READ_IMAGE
from benchmarks.scaling.fill import ONLY_TAG, REPOSITORY, repository, tag
from benchmarks.scaling.filled import PAGE, Filled, page
from benchmarks.scaling.series import Figures, Panel, Point, Series, powers
from benchmarks.servers import Kind, Server

FIRST_PAGE, MIDDLE_PAGE = "list, first page", "list, page from the middle"
RESOLVE, CREATE = "resolve", "create"
RATES = "requests/s"


def _put_new_tag(token: str, connection: Connection, number: int) -> None:
    name = f"{token}-{number}"
    put_manifest(connection, REPOSITORY, name, READ_IMAGE.manifest_with({"benchmark.tag": name}))


def _tag_target(number: int) -> str:
    return f"/v2/{REPOSITORY}/manifests/{tag(number)}"


def _repository_target(number: int) -> str:
    return f"/v2/{repository(number)}/manifests/{ONLY_TAG}"


def _pages(server: Server, path: str, middle: str, seconds: int) -> dict[str, float]:
    lists = f"{path}?n={PAGE}"
    return {
        FIRST_PAGE: page(server, lists, seconds),
        MIDDLE_PAGE: page(server, f"{lists}&last={middle}", seconds),
    }


def _tag_figures(filled: Filled, seconds: int) -> Figures:
    resolve = filled.resolve(_tag_target, seconds).value
    with filled.served() as server:
        pages = _pages(server, f"/v2/{REPOSITORY}/tags/list", tag(filled.count // 2), seconds)
        create = swarm.run_for(seconds, partial(_put_new_tag, os.urandom(4).hex()), server.address).value
    return pages | {RESOLVE: resolve, CREATE: create}


def _repository_figures(filled: Filled, seconds: int) -> Figures:
    resolve = filled.resolve(_repository_target, seconds).value
    with filled.served() as server:
        pages = _pages(server, "/v2/_catalog", repository(filled.count // 2), seconds)
    return pages | {RESOLVE: resolve}


def _measure(
    what: str, figures: Callable[[Filled, int], Figures], kind: Kind, scene: Scene, amounts: Sequence[int]
) -> Iterator[Point]:
    filled = Filled(kind, scene.directory / what, what)
    for amount in amounts:
        filled.grow(amount)
        yield Point(amount, figures(filled, scene.seconds))


FILLED = "They were written by the SQL adapter before, without HTTP (`benchmarks/scaling/fill.py`)"
PAGES = f"`list`: `n={PAGE}`, wrk on 16 connections"
RESOLVED = (
    f"`resolve`: HEAD of a manifest by its tag, each a random one, by {swarm.CLIENTS} client processes, of a server "
    "with PIERONE_CACHE_BYTES=0, so that each asks the database"
)
TAGS = Series(
    "tags",
    "Number of tags in a repository",
    "tags",
    (Panel(RATES, (FIRST_PAGE, MIDDLE_PAGE)), Panel(RATES, (RESOLVE, CREATE))),
    f"{FILLED}. {PAGES}. {RESOLVED}. `create`: PUT of new manifests under new tags, which come in addition.",
    partial(_measure, "tags", _tag_figures),
    powers(10, 3, 6),
    powers(10, 2, 3),
)
REPOSITORIES = Series(
    "repositories",
    "Number of repositories",
    "repositories",
    (Panel(RATES, (FIRST_PAGE, MIDDLE_PAGE)), Panel(RATES, (RESOLVE,))),
    f"{FILLED}, with one tag each. {PAGES}, of `_catalog`. {RESOLVED}.",
    partial(_measure, "repositories", _repository_figures),
    powers(10, 2, 5),
    powers(10, 2, 3),
)
