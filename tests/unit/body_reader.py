"""An application that is sent bodies, for tests of how they come to it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from tests.contracts.processes import PATIENCE

from pierone_http.receiving import diverted


class Reader:
    """An application that reads bodies and keeps what it was told; `may_read` lets it begin, or answer at once."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.reads = self.diverts = True
        self.may_read = threading.Event()
        self.may_read.set()
        self.port = 0
        self.thread = threading.current_thread()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 204 at the end of the body, or of the connection."""
        request = Request(scope, receive)
        if self.diverts:
            request = diverted(request)
        while not self.may_read.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.001)
        message: Message = {"more_body": self.reads}
        while message.get("more_body"):
            message = await request.receive()
            self.messages.append(message)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def cpu_seconds(self) -> float:
        """How long the server has computed."""
        assert self.thread.ident
        return time.clock_gettime(time.pthread_getcpuclockid(self.thread.ident))

    @property
    def body(self) -> bytes:
        """All that came of bodies."""
        return b"".join(message.get("body", b"") for message in self.messages)

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """Connect."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            yield connection
