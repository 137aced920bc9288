"""uvicorn's HTTP protocol with limits to what one connection may pile up or wait for, and with `sendfile`."""

import asyncio
from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pierone_http.sendfile import EXTENSION, send_file

# Room for an access token of a hundred kilobytes; without a limit, heads and trailers that do not end fill the memory.
HEAD_MAX_BYTES = 256 << 10
# Requests that wait for the answer of the one before. Clients of registries hardly pipeline at all.
PIPELINE_MAX = 100
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class RegistryProtocol(HttpToolsProtocol):
    """One connection."""

    # Seconds for the head of the (next) request to be complete and the answer before it to be taken.
    patience = 60.0
    # Bytes since a head, a piece of a body or a message was complete: the length of what is not complete yet.
    _pending_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    @classmethod
    def with_patience(cls, seconds: float) -> "type[RegistryProtocol]":
        """The protocol with another `patience`."""
        return type(cls.__name__, (cls,), {"patience": seconds})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._expect_head(self.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Cut the connection when a head, a chunk's extension or trailers do not end."""
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > HEAD_MAX_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Offer the extension before the application runs; uvicorn answers 400 and closes for an error here."""
        self._pending_bytes = 0
        self._stop_waiting()
        leaves_http = self.parser.should_upgrade()
        if leaves_http and _has_body(self.headers):
            raise ConnectionError("a request to upgrade has a body, which the parser would read as the next request")
        super().on_headers_complete()
        if leaves_http:  # we never do (RFC 9110 section 7.8), and what follows would be lost: answer and close
            self.cycle.keep_alive = False
        if len(self.pipeline) > PIPELINE_MAX:
            raise ConnectionError("too many pipelined requests")
        if self.scheme == "http":
            offered = partial(send_file, self.cycle)
            self.scope["extensions"] = {EXTENSION: offered}  # type: ignore[dict-item]  # typed for ASGI's own

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._pending_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next head, unless it came already."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._expect_head(self.timeout_keep_alive)

    def _expect_head(self, patience: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(patience, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ")) for name, value in headers
    )
