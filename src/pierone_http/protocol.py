"""uvicorn's HTTP protocol with limits to what one connection may pile up, and with `sendfile`."""

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

    # Bytes since a head, a piece of a body or a message was complete: the length of what is not complete yet.
    _pending_bytes = 0

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
        super().on_headers_complete()
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
