"""Several processes that serve one socket (`PIERONE_WORKERS`), and the one that watches over them.

Each builds an app of its own; what they share is what replicas share: database, store and keys. The watching process
serves nothing and opens nothing: it binds the socket, begins the others by fork (so what is imported lies in memory
once), replaces one that dies, and hands on the signal to end. Workers end by themselves when it is gone.

The socket is one for all: what waits to be accepted when a worker dies is taken by another.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from pierone_http import serving
from pierone_http.acceptor import NOBODY, Acceptor, Share
from pierone_http.app import App
from pierone_http.serving import RegistryServer
from pierone_http.settings import Settings

_ENDS = frozenset({signal.SIGTERM, signal.SIGINT})
_WATCHED = _ENDS | {signal.SIGCHLD}
# So that workers which cannot live do not take the machine for themselves.
_PAUSE_SECONDS = 1
_POLL_SECONDS = 0.05
_FORK = multiprocessing.get_context("fork")
_LOG = logging.getLogger(__name__)

Build = Callable[[], App]


def serve(build: Build, settings: Settings) -> None:
    """Serve with `settings.workers` processes, each with an app from `build`; ends as the signal says that ended it.

    `SystemExit` if the port cannot be had, or if the first worker does not come to serve.
    """
    # Blocked, signals wait until the watch asks for them; ignored, as may be inherited, SIGCHLD would tell it nothing.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    crew = Crew(build, settings, _listen(settings.host, settings.port))
    crew.begin()
    ended_by = crew.watch()
    crew.end()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    if ended_by == signal.SIGTERM:
        signal.raise_signal(ended_by)


class Crew:
    """The workers, as the process sees them that began them."""

    def __init__(self, build: Build, settings: Settings, sockets: Sequence[socket.socket]) -> None:
        """Nothing runs until `begin`."""
        self._build, self._settings, self._sockets = build, settings, list(sockets)
        # Nothing is ever written: its end is how workers learn that this process is gone.
        self._lifeline = os.pipe()
        self._counts = _FORK.RawArray("i", settings.workers)
        self._workers: dict[int, BaseProcess] = {}

    def begin(self) -> None:
        """Start all; the first must serve before the others start, else `SystemExit` with its exit code.

        Whoever ends the server does not wait for that: `watch` finds the signal.
        """
        told, tell = _FORK.Pipe(duplex=False)
        first = self._start(tell)
        tell.close()
        while not told.poll(_POLL_SECONDS):
            if signal.sigpending() & _ENDS:
                return
        try:
            told.recv_bytes()
        except EOFError:
            first.join()
            sys.exit(first.exitcode)
        while len(self._workers) < self._settings.workers:
            self._start()

    def watch(self) -> signal.Signals:
        """Replace workers that die, until a signal comes that ends all; the signal."""
        while True:
            self._bury()
            is_short = len(self._workers) < self._settings.workers
            came = self._replace_later() if is_short else signal.sigwaitinfo(_WATCHED).si_signo
            if came in _ENDS:
                return signal.Signals(came)

    def end(self) -> None:
        """End all, each as `serving` says; a second SIGINT is handed on, and ends them at once."""
        for listening in self._sockets:
            listening.close()
        self._signal(signal.SIGTERM)
        while True:
            self._bury()
            if not self._workers:
                return
            if signal.sigwaitinfo(_WATCHED).si_signo == signal.SIGINT:
                self._signal(signal.SIGINT)

    def _start(self, tell: Connection | None = None) -> BaseProcess:
        number = next(number for number in range(self._settings.workers) if number not in self._workers)
        self._counts[number] = NOBODY
        worker = _FORK.Process(target=self._work, args=(number, tell))
        worker.start()
        self._workers[number] = worker
        return worker

    def _replace_later(self) -> int:
        """Start one worker after a pause, unless a signal comes that ends all; the signal, or 0."""
        came = signal.sigtimedwait(_ENDS, _PAUSE_SECONDS)
        if came:
            return came.si_signo
        self._start()
        return 0

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers.values():
            with suppress(ProcessLookupError):
                os.kill(worker.pid or 0, number)

    def _bury(self) -> None:
        dead = {number: worker for number, worker in self._workers.items() if not worker.is_alive()}
        for number, worker in dead.items():
            if worker.exitcode not in (0, -signal.SIGTERM):
                _LOG.error("worker %s died (%s)", worker.pid, worker.exitcode)
            del self._workers[number]

    def _work(self, number: int, tell: Connection | None) -> None:
        """Serve, in a worker."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        parent, ours = self._lifeline
        os.close(ours)
        colleagues = Colleagues(parent, Share(self._counts, number), tell)
        serving.run(Worker(self._build(), self._settings, colleagues), self._sockets)


class Colleagues(NamedTuple):
    """What a worker knows of the other processes.

    `parent` is a file descriptor that ends with the process that began it; who waits for it reads from `tell`.
    """

    parent: int
    share: Share
    tell: Connection | None


class Worker(RegistryServer):
    """One of several servers on a socket."""

    def __init__(self, app: App, settings: Settings, colleagues: Colleagues) -> None:
        """Serve `app` as `settings` want it."""
        super().__init__(app, settings)
        self._colleagues = colleagues

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup([])
        self._acceptor = Acceptor(sockets or [], self._protocol, self.server_state.connections, self._colleagues.share)
        self.servers.append(self._acceptor)  # type: ignore[arg-type]  # it is closed there, and no more
        asyncio.get_running_loop().add_reader(self._colleagues.parent, self._leave)
        if tell := self._colleagues.tell:
            tell.send_bytes(b"serving")
            tell.close()

    async def on_tick(self, counter: int) -> bool:
        """Tell the others, ten times a second, how many connections are left."""
        self._acceptor.count()
        return await super().on_tick(counter)

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _leave(self) -> None:
        asyncio.get_running_loop().remove_reader(self._colleagues.parent)
        self.should_exit = True


def _listen(host: str, port: int) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # The same addresses that one process would listen on; a name may stand for several.
        addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
        sockets = [socket.create_server(address, family=family) for family, address in addresses]
    except OSError as error:
        sys.exit(f"pierone-server: cannot listen on {host} port {port}: {error.strerror}")
    _LOG.info("listening on %s", ", ".join(str(listening.getsockname()) for listening in sockets))
    return sockets
