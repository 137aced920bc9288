"""uvicorn's HTTP protocol with a limit to the head of a request, and with `sendfile`."""

from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pierone_http.sendfile import EXTENSION, send_file

# Room for an access token of a hundred kilobytes; without a limit a head that does not end fills the memory.
HEAD_MAX_BYTES = 256 << 10
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class RegistryProtocol(HttpToolsProtocol):
    """One connection."""

    _head_bytes: int | None = 0

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that is not complete yet."""
        super().data_received(data)
        if self._head_bytes is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_MAX_BYTES:
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is complete: offer the extension before the application runs."""
        self._head_bytes = None
        super().on_headers_complete()
        if self.scheme == "http":
            offered = partial(send_file, self.cycle)
            self.scope["extensions"] = {EXTENSION: offered}  # type: ignore[dict-item]  # typed for ASGI's own
