"""Replicas that share nothing but a bucket and a database, with a proxy in front of them."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from tests.integration.replicas.nginx import Nginx
from tests.integration.server import Server

HOW_MANY = 3


class Part(Protocol):
    """A server that can be killed; what it has acknowledged is there when it has been started again."""

    def kill(self) -> None:
        """End it at once (SIGKILL)."""

    def start(self) -> None:
        """Start it and wait until it answers."""


class Cluster:
    """Three servers behind nginx; each has a data directory of its own, in which nothing may appear."""

    def __init__(self, directory: Path, env: Mapping[str, str], stores: Mapping[str, Part]) -> None:
        """`env` tells the replicas where blobs and metadata lie: in `stores`, which run already."""
        self.env = env
        self.replicas: Sequence[Server] = [Server(directory / f"replica-{n}", env=env) for n in range(HOW_MANY)]
        self.parts: Mapping[str, Part] = {**stores, **{f"replica {n}": self.replicas[n] for n in range(HOW_MANY)}}
        proxied = directory / "nginx"
        proxied.mkdir()
        self.proxy = Nginx(proxied, [replica.host for replica in self.replicas])
        self._dead: set[str] = set()
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Start the replicas and the proxy."""
        with ExitStack() as starting:
            for replica in self.replicas:
                starting.enter_context(replica)
            starting.enter_context(self.proxy)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._running.close()

    @property
    def urls(self) -> list[str]:
        """The replicas' base URLs."""
        return [replica.url for replica in self.replicas]

    def kill(self, part: str) -> None:
        """Kill a part, which then is dead until `heal`."""
        self._dead.add(part)
        self.parts[part].kill()

    def heal(self) -> None:
        """Start everything that was killed; the stores first, as a replica does not start without its database."""
        for name in [name for name in self.parts if name in self._dead]:
            self.parts[name].start()
            self._dead.remove(name)
