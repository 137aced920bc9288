"""A wire between a client and a registry: it counts bytes, can be held in the middle of a push, and altered."""

import socket
import threading
from collections.abc import Callable
from typing import Self

from tests.integration.server import free_port

# Beyond any test: whoever waits longer was left hanging.
DEADLINE = 30.0
# More than any client sends before a layer: heads of requests, each with a token.
HEADS_BYTES = 50_000
PIECE_BYTES = 64 << 10


class Wire:
    """Forwards connections to a port of this machine; both ends speak plain HTTP."""

    def __init__(self, port: int) -> None:
        """`port` is the registry's."""
        self.alter: Callable[[bytes], bytes] = bytes
        """What becomes of each piece that a client sends; requests without a body come in one piece."""
        self.sent = 0
        """Bytes that clients sent."""
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", free_port()))
        self._may_pass, self._is_held = threading.Event(), threading.Event()
        self._may_pass.set()
        self._mutex = threading.Lock()

    @property
    def host(self) -> str:
        """The `host:port` for image references."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def hold(self) -> None:
        """Let nothing pass any more as soon as a connection has sent a part of a layer."""
        self._is_held.clear()
        self._may_pass.clear()

    def wait_until_held(self) -> None:
        """Wait for a part of a layer."""
        assert self._is_held.wait(DEADLINE), "no client sends a layer"

    def release(self) -> None:
        """Let everything pass again."""
        self._may_pass.set()

    def __enter__(self) -> Self:
        """Listen."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; connections end when one of their ends does."""
        self.release()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # closed
                return
            registry = socket.create_connection(("127.0.0.1", self._port))
            for pump in (self._send, self._answer):
                threading.Thread(target=pump, args=(client, registry), daemon=True).start()

    def _send(self, client: socket.socket, registry: socket.socket) -> None:
        sent = 0
        with registry:
            while piece := _read(client):
                sent += len(piece)
                with self._mutex:
                    self.sent += len(piece)
                if sent > HEADS_BYTES and not self._may_pass.is_set():
                    self._is_held.set()
                    self._may_pass.wait(DEADLINE)
                if not _write(registry, self.alter(piece)):
                    return
            _shut(registry)

    def _answer(self, client: socket.socket, registry: socket.socket) -> None:
        with client:
            while (piece := _read(registry)) and _write(client, piece):
                pass
            _shut(client)


def _read(end: socket.socket) -> bytes:
    try:
        return end.recv(PIECE_BYTES)
    except OSError:  # gone
        return b""


def _write(end: socket.socket, piece: bytes) -> bool:
    try:
        end.sendall(piece)
    except OSError:  # gone
        return False
    return True


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:  # gone already
        return
