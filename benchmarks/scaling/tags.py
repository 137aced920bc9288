"""More and more tags in one repository, and more and more repositories."""

import os
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection
from benchmarks.loads.registry_client import put_manifest
from benchmarks.rows.row import Scene
from benchmarks.rows.stock import READ_IMAGE
from benchmarks.scaling.fill import ONLY_TAG, REPOSITORY, repository, tag
from benchmarks.scaling.filled import PAGE, Filled, page
from benchmarks.scaling.series import Figures, Panel, Point, Series, powers
from benchmarks.servers import Kind

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


def _tag_figures(filled: Filled, seconds: int) -> Figures:
    lists = f"/v2/{REPOSITORY}/tags/list?n={PAGE}"
    resolve = filled.resolve(_tag_target, seconds).value
    with filled.served() as server:
        first = page(server, lists, seconds)
        middle = page(server, f"{lists}&last={tag(filled.count // 2)}", seconds)
        create = swarm.run_for(seconds, partial(_put_new_tag, os.urandom(4).hex()), server.address).value
    return {FIRST_PAGE: first, MIDDLE_PAGE: middle, RESOLVE: resolve, CREATE: create}


def _repository_figures(filled: Filled, seconds: int) -> Figures:
    lists = f"/v2/_catalog?n={PAGE}"
    resolve = filled.resolve(_repository_target, seconds).value
    with filled.served() as server:
        first = page(server, lists, seconds)
        middle = page(server, f"{lists}&last={repository(filled.count // 2)}", seconds)
    return {FIRST_PAGE: first, MIDDLE_PAGE: middle, RESOLVE: resolve}


def _measure_tags(kind: Kind, scene: Scene, amounts: Sequence[int]) -> Iterator[Point]:
    filled = Filled(kind, scene.directory / "tags", "tags")
    for amount in amounts:
        filled.grow(amount)
        yield Point(amount, _tag_figures(filled, scene.seconds))


def _measure_repositories(kind: Kind, scene: Scene, amounts: Sequence[int]) -> Iterator[Point]:
    filled = Filled(kind, scene.directory / "repositories", "repositories")
    for amount in amounts:
        filled.grow(amount)
        yield Point(amount, _repository_figures(filled, scene.seconds))


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
    _measure_tags,
    powers(10, 3, 6),
    powers(10, 2, 3),
)
REPOSITORIES = Series(
    "repositories",
    "Number of repositories",
    "repositories",
    (Panel(RATES, (FIRST_PAGE, MIDDLE_PAGE)), Panel(RATES, (RESOLVE,))),
    f"{FILLED}, with one tag each. {PAGES}, of `_catalog`. {RESOLVED}.",
    _measure_repositories,
    powers(10, 2, 5),
    powers(10, 2, 3),
)
