"""HTTP/1.1 over one blocking keep-alive socket.

A library client costs more than a small request costs the server; on a shared machine that
would measure the client. Not done here: redirects, TLS, pipelining, retries. Whatever is
unexpected raises, because a rate of failures is no rate.
"""

import socket
from collections.abc import Collection, Mapping
from typing import BinaryIO, NamedTuple, Self

from benchmarks.address import Address

TIMEOUT_SECONDS = 120.0
# The chunk size the docker client's HTTP library sends when it does not announce a length.
CHUNK_BYTES = 32 * 1024
NO_HEADERS: Mapping[str, str] = {}


class UnexpectedAnswerError(Exception):
    """The server answered something else than this load needs."""


class Answer(NamedTuple):
    """Status, headers by lower-case name, and the whole body."""

    status: int
    headers: dict[str, str]
    body: bytes


def chunked(body: bytes) -> bytes:
    """Encode a body for `Transfer-Encoding: chunked`."""
    parts: list[bytes] = []
    for start in range(0, len(body), CHUNK_BYTES):
        piece = body[start : start + CHUNK_BYTES]
        parts += (b"%x\r\n" % len(piece), piece, b"\r\n")
    return b"".join((*parts, b"0\r\n\r\n"))


class Connection:
    """One client of a server."""

    def __init__(self, address: Address) -> None:
        self._always = {"Host": f"{address.host}:{address.port}", **address.headers}
        self._socket = socket.create_connection((address.host, address.port), TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader: BinaryIO = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._socket.close()

    def request(
        self,
        method: str,
        target: str,
        expected: Collection[int],
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
    ) -> Answer:
        """Send a request and return the answer; raise UnexpectedAnswerError on another status."""
        length = {"Content-Length": str(len(body))} if method not in ("GET", "HEAD") else {}
        self._send(method, target, {**headers, **length}, body)
        return self._expect(expected, method, target)

    def stream(self, method: str, target: str, expected: Collection[int], body: bytes) -> Answer:
        """Send a body in chunks, as a client does that does not know its length."""
        headers = {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"}
        self._send(method, target, headers, chunked(body))
        return self._expect(expected, method, target)

    def _send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {**self._always, **headers}.items()]
        self._socket.sendall("\r\n".join((*lines, "", "")).encode() + body)

    def _expect(self, expected: Collection[int], method: str, target: str) -> Answer:
        answer = self._receive(has_body=method != "HEAD")
        if answer.status not in expected:
            message = f"{method} {target}: {answer.status} instead of {list(expected)}: {answer.body[:300]!r}"
            raise UnexpectedAnswerError(message)
        return answer

    def _receive(self, *, has_body: bool) -> Answer:
        status_line = self._reader.readline()
        if not status_line:
            message = "the server closed the connection"
            raise ConnectionResetError(message)
        headers = self._receive_headers()
        body = self._receive_body(headers) if has_body else b""
        return Answer(int(status_line.split(None, 2)[1]), headers, body)

    def _receive_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self._reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers

    def _receive_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return self._receive_chunks()
        return self._exactly(int(headers.get("content-length", "0")))

    def _receive_chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self._reader.readline(), 16):
            parts.append(self._exactly(size))
            self._exactly(2)
        self._exactly(2)
        return b"".join(parts)

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if len(content) != size:
            message = f"the server closed the connection {size - len(content)} bytes early"
            raise ConnectionResetError(message)
        return content
