"""The server without a port: connections are socket pairs, and it is seen which requests reach the application."""

import asyncio
import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import bcrypt
from starlette.types import Receive, Scope, Send
from tests.integration.oci import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, descriptor, digest_of, encode

from pierone_core.ports import Identity
from pierone_http.container import Container
from pierone_http.serving import RegistryServer
from pierone_http.settings import Settings

PATIENCE = 20.0
DATE = (b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")
ALICE = "Authorization: Basic " + base64.b64encode(b"alice:secret").decode()
REPOSITORY = "/v2/team/app"
CONFIG, LAYER = b"{}", b"layer"
IMAGE = encode(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(CONFIG, OCI_CONFIG),
        "layers": [descriptor(LAYER, OCI_LAYER)],
    }
)
TAG, DIGEST = f"{REPOSITORY}/manifests/1.0", f"{REPOSITORY}/manifests/{digest_of(IMAGE)}"
BLOB = f"{REPOSITORY}/blobs/{digest_of(LAYER)}"
# What is answered without the application, once it was asked for.
HOT = [("GET", TAG), ("HEAD", TAG), ("GET", DIGEST), ("HEAD", DIGEST), ("HEAD", BLOB)]
LoopFactory = Callable[[], asyncio.AbstractEventLoop]


class Wire:
    """A client's end of one connection."""

    def __init__(self, end: socket.socket) -> None:
        """Take over `end`."""
        self.socket = end
        end.settimeout(PATIENCE)
        self._received = b""

    def send(self, method: str, target: str, *fields: str, body: bytes = b"", version: str = "1.1") -> None:
        """Send a request as alice, unless `fields` say otherwise."""
        sent = [*fields, f"Content-Length: {len(body)}"] if body else [*fields]
        lines = [f"{method} {target} HTTP/{version}", "Host: x", *sent, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)

    def answer(self, method: str = "GET") -> bytes:
        """One answer, to its last byte."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, end, _ = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        size = len(head + end) + (int(length[1]) if length and method != "HEAD" else 0)
        while len(self._received) < size:
            self._receive()
        answer, self._received = self._received[:size], self._received[size:]
        return answer

    def ask(self, method: str, target: str, *fields: str, body: bytes = b"") -> bytes:
        """Send a request as alice with more `fields`; its answer."""
        self.send(method, target, ALICE, *fields, body=body)
        return self.answer(method)

    def is_closed(self) -> bool:
        """Whether the server ends the connection, without a word, before our patience is over."""
        return self._received + self.socket.recv(1) == b""

    def _receive(self) -> None:
        more = self.socket.recv(1 << 16)
        if not more:
            raise ConnectionResetError(f"the server closed after {self._received!r}")
        self._received += more


class HotServer:
    """The server on an event loop of its own; it holds an image, and mutable tags `dev*`."""

    def __init__(self, directory: Path, factory: LoopFactory, identity: Identity | None = None, **more: object) -> None:
        """`more` settings than users and memory storage; `identity` instead of the users."""
        users = directory / "users.json"
        hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
        users.write_text(json.dumps({"alice": {"password": hashed, "teams": ["team"]}}))
        given = {"storage": "memory", "users_file": users, "mutable_tags": ["*/*:dev*"], "body_timeout": 60.0}
        settings = Settings.model_validate(given | more)
        container = Container(settings=settings)
        if identity:
            container.identity.override(identity)
        self._server = RegistryServer(container.app(), settings)
        self.state, self.config = self._server.server_state, self._server.config
        self.asked: list[str] = []
        self.loop = factory()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._load()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def call(self, work: object) -> None:
        """Run a coroutine on the loop, to its end."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)  # type: ignore[arg-type]

    def fill(self) -> Self:
        """Push the image as alice."""
        for blob in (CONFIG, LAYER):
            self.push_blob(blob)
        self.push("1.0")
        self.asked.clear()
        return self

    def push_blob(self, content: bytes) -> str:
        """Push a blob; where it is."""
        with self.wire() as wire:
            target = f"{REPOSITORY}/blobs/uploads/?digest={digest_of(content)}"
            fields = [] if content else ["Content-Length: 0"]
            assert b" 201 " in wire.ask("POST", target, *fields, body=content)
        return f"{REPOSITORY}/blobs/{digest_of(content)}"

    def push(self, tag: str, image: bytes = IMAGE) -> None:
        """Push a manifest over the image's blobs."""
        with self.wire() as wire:
            answer = wire.ask("PUT", f"{REPOSITORY}/manifests/{tag}", f"Content-Type: {OCI_MANIFEST}", body=image)
            assert b" 201 " in answer, answer

    @contextmanager
    def wire(self) -> Iterator[Wire]:
        """Connect."""
        ours, theirs = socket.socketpair()
        with ours:
            self.call(self._accept(theirs))
            yield Wire(ours)

    def answers_itself(self, method: str, target: str, *fields: str) -> bool:
        """Whether a request of alice, who is known, is answered without the application."""
        before = len(self.asked)
        with self.wire() as wire:
            wire.ask(method, target, *fields)
        return len(self.asked) == before

    async def _accept(self, theirs: socket.socket) -> None:
        protocol: Any = self.config.http_protocol_class
        await self.loop.connect_accepted_socket(lambda: protocol(self.config, self.state, {}, self.loop), theirs)

    async def _end(self) -> None:
        for connection in list(self.state.connections):
            connection.transport.abort()
        await asyncio.gather(*self.state.tasks)

    def _load(self) -> None:
        self.config.load()
        self.state.default_headers = [DATE]
        app = self.config.loaded_app

        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            self.asked.append(f"{scope['method']} {scope['path']}")
            await app(scope, receive, send)

        self.config.loaded_app = seen
