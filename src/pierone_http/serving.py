"""Serving until SIGTERM or SIGINT, and ending so that nobody notices.

First readiness is denied while everything is still served (`shutdown_delay`: until load balancers have looked), then
no new connection is taken and requests under way may finish (`shutdown_seconds`), then the rest is cut: it is answered
503 where no answer has begun, and what had arrived of an upload is kept. A second SIGINT ends at once.
"""

import asyncio
import gc
import math
import resource
import socket
from contextlib import suppress

import uvicorn

from pierone_http.app import App
from pierone_http.hot_protocol import HotProtocol
from pierone_http.kept_answers import KeptAnswers, shares
from pierone_http.protocol import RegistryProtocol
from pierone_http.receiving import ReceivingProtocol
from pierone_http.settings import Settings

# An idle connection is kept a quarter longer than everything else is waited for: longer than load balancers keep it (a
# minute mostly). If the server closed it first, a request that is on its way just then would be lost.
_KEEP_ALIVE_SHARE = 1.25
# For requests that were cut to let go of what they hold and to answer.
_UNWIND_SECONDS = 5
_POLL_SECONDS = 0.05


class RegistryServer(uvicorn.Server):
    """uvicorn's server with another end."""

    def __init__(self, app: App, settings: Settings) -> None:
        """Serve `app` as `settings` want it."""
        super().__init__(_config(app, settings))
        self._readiness = app.readiness
        self._delay, self._seconds = settings.shutdown_delay, settings.shutdown_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End as the module says."""
        self._readiness.end()
        # Whoever keeps a connection for its next request learns with this one that it will not be taken.
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await self._pause(self._delay)
        cutting = asyncio.create_task(self._cut_later())
        await super().shutdown(sockets)
        cutting.cancel()

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self.force_exit and loop.time() < until:  # noqa: ASYNC110 - a signal sets the flag
            await asyncio.sleep(_POLL_SECONDS)

    async def _cut_later(self) -> None:
        await self._pause(self._seconds)
        for request in self.server_state.tasks:
            request.cancel()


def serve(app: App, settings: Settings) -> None:
    """Serve until the end; `SystemExit` if the port cannot be had."""
    run(RegistryServer(app, settings))


def run(server: RegistryServer, sockets: list[socket.socket] | None = None) -> None:
    """Run a server until its end, on `sockets` or on those that its settings name."""
    _raise_file_limit()
    gc.freeze()  # the application stays: to look through it for garbage stops everybody for 60 ms, again and again
    with suppress(KeyboardInterrupt):  # how the server's end by SIGINT shows here
        server.run(sockets)


def _config(app: App, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=_protocol(app, settings).with_patience(settings.body_timeout),
        ws="none",
        timeout_keep_alive=math.ceil(settings.body_timeout * _KEEP_ALIVE_SHARE),
        log_config=None,  # `logs` says where lines go
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom to believe is `PIERONE_TRUSTED_PROXIES`'s to say, also on this machine
        timeout_graceful_shutdown=int(settings.shutdown_seconds) + 1 + _UNWIND_SECONDS,
    )


def _protocol(app: App, settings: Settings) -> type[RegistryProtocol]:
    """The one that keeps answers, unless each request is to reach the application, which logs them."""
    rooms = shares(settings.cache_bytes)
    kept = KeptAnswers(rooms.answers, rooms.blobs)
    return ReceivingProtocol if settings.access_log else HotProtocol.over(kept, app.gate)


def _raise_file_limit() -> None:
    # A connection is a file, too; Debian's default is 1024 of them, with leave to take many more.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
