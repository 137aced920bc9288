"""A directory that gets fuller, and servers on it."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.figures import Sample
from benchmarks.loads import swarm
from benchmarks.loads.connection import Connection
from benchmarks.loads.generators import wrk
from benchmarks.loads.registry_client import ACCEPT
from benchmarks.rows.stock import READ_IMAGE, provide
from benchmarks.scaling.fill import ONLY_TAG, REPOSITORY
from benchmarks.servers import Kind, Server, running
from benchmarks.subject import with_settings

PAGE = 100
NO_CACHE = {"PIERONE_CACHE_BYTES": "0"}


@dataclass
class Filled:
    """A data directory of Pier One's and how much was put into it; no server runs on it between two measurements."""

    kind: Kind
    directory: Path
    what: str
    count: int = 0

    def grow(self, count: int) -> None:
        """Fill it until it holds `count`."""
        if not self.count:
            with self.served() as server:
                provide(server, REPOSITORY, ONLY_TAG, READ_IMAGE)
        added = [str(self.count), str(count - self.count)]
        fill = [sys.executable, "-m", "benchmarks.scaling.fill", str(self.directory), self.what, *added]
        subprocess.run(fill, check=True)
        self.count = count
        os.sync()

    @contextmanager
    def served(self, *, cached: bool = True) -> Iterator[Server]:
        """Start a server on it, if need be one that keeps nothing in memory."""
        with running(self.kind if cached else with_settings(self.kind, NO_CACHE), self.directory) as server:
            yield server

    def resolve(self, target: Callable[[int], str], seconds: int) -> Sample:
        """HEAD manifests, each a random one of those there are, from a server that keeps nothing in memory."""
        with self.served(cached=False) as server:
            return swarm.run_for(seconds, partial(_head, target, self.count), server.address)


def _head(target: Callable[[int], str], count: int, connection: Connection, _: int) -> None:
    number = random.randrange(count)  # noqa: S311 - any will do
    connection.request("HEAD", target(number), (200,), ACCEPT)


def page(server: Server, target: str, seconds: int) -> float:
    """GET a page of a list on 16 connections; requests/s."""
    return wrk(server.address, target, seconds, "application/json").value
