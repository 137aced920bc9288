"""A server of one application that works when it is told to."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from tests.contracts.processes import PATIENCE

from pierone_http.receiving import ReceivingProtocol

SHORT = 0.3
# What the kernel keeps on each side: less than a part of an answer that uvicorn does not wait for.
KERNEL_BYTES = 4096
Work = Callable[[Receive, Send], Awaitable[None]]


class App:
    """Does its work when it is told to."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.asked = 0
        self.may_go_on = threading.Event()
        self.port = 0
        self.connections: set[Any] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the work does."""
        assert scope["type"] == "http"
        self.asked += 1
        while not self.may_go_on.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.001)
        await self.work(receive, send)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """Connect, as a client for whom little is kept on the way."""
        with socket.socket() as connection:
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
            connection.connect(("127.0.0.1", self.port))
            yield connection

    def is_alone(self) -> bool:
        """Whether the server has no connection left."""
        return not self.connections


@contextmanager
def served(work: Work, keep_alive: float = SHORT) -> Iterator[App]:
    """Serve an application with this work, and little patience."""
    app = App(work)
    protocol = ReceivingProtocol.with_patience(SHORT)
    config = uvicorn.Config(app, http=protocol, loop="uvloop", log_config=None, lifespan="off")
    config.timeout_keep_alive = keep_alive  # type: ignore[assignment]  # uvicorn takes whole seconds for no reason
    server = uvicorn.Server(config)
    app.connections = server.server_state.connections
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        app.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield app
        finally:
            for connection in set(app.connections):  # the server would wait for them
                connection.loop.call_soon_threadsafe(connection.transport.abort)
            server.should_exit = True
            thread.join(PATIENCE)
