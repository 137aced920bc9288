"""Requests as bytes on a socket: for what good clients never send, and for sending at the same instant."""

import http.client
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import httpx2
from tests.integration.server import Server

PATIENCE = 30.0


class Connection:
    """One connection to a server."""

    def __init__(self, server: Server, *, receive_buffer: int | None = None) -> None:
        """Connect; `receive_buffer` bytes bound what the system takes in for a test that does not read."""
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", server.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close, as a client does that ends in good order."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self._socket.sendall(data)

    def end_sending(self) -> None:
        """Say that nothing more will be sent, but go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close as a client does that dies: the server sees a reset connection."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def receive(self, size: int) -> bytes:
        """Receive up to `size` bytes; none at the end."""
        return self._socket.recv(size)

    def drain(self) -> bytes:
        """Receive until the server closes."""
        return b"".join(iter(lambda: self.receive(1 << 20), b""))

    def answer(self) -> httpx2.Response:
        """Read one answer; `OSError` or `http.client.HTTPException` if the server closes without one."""
        with self.streamed_answer() as response:
            return httpx2.Response(response.status, headers=response.getheaders(), content=response.read())

    def streamed_answer(self) -> http.client.HTTPResponse:
        """Read the head of one answer; its body can be read in pieces. Close it."""
        response = http.client.HTTPResponse(self._socket)
        response.begin()
        return response


def request_head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the bytes before the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: registry", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole_request(method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a request with a body of known length."""
    return request_head(method, path, {"Content-Length": str(len(body))} | dict(headers or {})) + body


def unfinished_request(method: str, path: str, body: bytes, sent: int, *, chunked: bool) -> bytes:
    """Return a request that announces `body`, as a length or as one chunk, but ends after `sent` bytes of it."""
    if chunked:
        announced = f"{len(body):x}\r\n".encode()
        return request_head(method, path, {"Transfer-Encoding": "chunked"}) + announced + body[:sent]
    return whole_request(method, path, body)[: sent - len(body)]


def at_once(servers: Sequence[Server], requests: Sequence[bytes]) -> list[httpx2.Response]:
    """Send all requests at the same instant, in turn to each of `servers`; return the answers in their order.

    Every client first sends its head but for the last byte, so that everybody is known and nobody has begun.
    """
    everybody_is_ready = threading.Barrier(len(requests))

    def send(number: int) -> httpx2.Response:
        with Connection(servers[number % len(servers)]) as connection:
            head_ends = requests[number].index(b"\r\n\r\n") + 3
            connection.send(requests[number][:head_ends])
            everybody_is_ready.wait(PATIENCE)
            connection.send(requests[number][head_ends:])
            return connection.answer()

    with ThreadPoolExecutor(len(requests)) as clients:
        return list(clients.map(send, range(len(requests))))
