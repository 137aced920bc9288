"""uvicorn's HTTP protocol with limits to what one connection may pile up or wait for, and with `sendfile`.

What cannot be read as a request is answered in the form of the distribution spec, too, and the connection ends.
"""

import asyncio
import sys
from functools import partial

from pierone_core.errors import RegistryError
from pierone_http import sendfile, whole_answer
from pierone_http.ending import LINGER_BYTES, EndingProtocol
from pierone_http.errors import HeadTooLarge, HttpInvalid
from pierone_http.patience import Deadline, Patience, untaken
from pierone_http.request_head import check_head, has_body
from pierone_http.resting import RestingFlow

# Room for an access token of a hundred kilobytes; without a limit, heads and trailers that do not end fill the memory.
HEAD_MAX_BYTES = 256 << 10
# Requests that wait for the answer of the one before. Clients of registries hardly pipeline at all.
PIPELINE_MAX = 100


class RegistryProtocol(EndingProtocol):
    """One connection."""

    # Seconds for the head of the (next) request to be complete, and for the client to take a byte of an answer.
    patience = 60.0
    # Bytes since a head, a piece of a body or a message was complete: the length of what is not complete yet.
    _pending_bytes = 0
    # Pieces of bodies in what was read last, and what counts as such.
    _pieces = 0
    flow: RestingFlow

    @classmethod
    def with_patience(cls, seconds: float) -> "type[RegistryProtocol]":
        """The protocol with another `patience`."""
        return type(cls.__name__, (cls,), {"patience": seconds})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self.flow = RestingFlow(transport)
        what = partial(untaken, transport)
        self._taking = Patience(what, self.patience, transport.abort)
        self._deadline = Deadline(what, self.patience, transport.abort)
        self._deadline.set(self.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more, and answer no more."""
        self._deadline.end()
        self._taking.end()
        self._unset_keepalive_if_required()  # uvicorn leaves its own after a reset, and with it what was asked
        if self._running and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Nothing more is written before the client has taken most of what was."""
        super().pause_writing()
        self._taking.begin()

    def resume_writing(self) -> None:
        """The client goes on taking."""
        self._taking.end()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Refuse a head, a chunk's extension or trailers that do not end."""
        self._pending_bytes += len(data)
        if self._is_refused:
            if self._pending_bytes > LINGER_BYTES:
                self.transport.abort()
            return
        super().data_received(data)
        if self._pieces:
            self.flow.rest_after(self._pieces)
            self._pieces = 0
        if self._pending_bytes > HEAD_MAX_BYTES:
            self._refuse(HeadTooLarge(f"target and headers of a request may have {HEAD_MAX_BYTES} bytes; send fewer"))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the same for everything
        """Refuse what a callback of ours or the parser did not take."""
        error = sys.exception()
        refusal = error and error.__context__
        if not isinstance(refusal, RegistryError):
            reason = "its target is no path" if refusal else error
            refusal = HttpInvalid(f"the registry cannot read this as a request ({reason}); send plain HTTP/1.1")
        self._refuse(refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: anybody may ask to leave HTTP, and uvicorn would advise to install what we never use."""

    def on_headers_complete(self) -> None:
        """Offer the extension before the application runs; what is raised here is answered, and the connection ends."""
        self._pending_bytes = 0
        self._deadline.end()
        check_head(self.url, self.parser.get_http_version(), self.headers)
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # RFC 9110 section 10.1.1: such a client knows no interim answers
        leaves_http = self.parser.should_upgrade()
        if leaves_http and has_body(self.headers):
            raise HttpInvalid("a request to upgrade has a body, which the parser would read as the next request")
        super().on_headers_complete()
        self.flow.waits = bool(self.pipeline)
        self.headers = []  # for trailers, which the parser tells as fields: never merged (RFC 9110 section 6.5.1)
        if leaves_http:  # we never do (RFC 9110 section 7.8), and what follows would be lost: answer and close
            self.cycle.keep_alive = False
        if len(self.pipeline) > PIPELINE_MAX:
            raise HttpInvalid("too many requests before their answers; wait for some")
        offered: dict[str, object] = {whole_answer.EXTENSION: partial(whole_answer.write_whole, self.cycle)}
        if self.scheme == "http":
            offered[sendfile.EXTENSION] = partial(sendfile.send_file, self.cycle)
        self.scope["extensions"] = offered  # type: ignore[typeddict-item]  # typed for ASGI's own

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        self._pending_bytes = 0
        self._pieces += 1
        self.cycle.waiting_for_100_continue = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._pending_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Read on when the last of what came has its turn."""
        self.flow.waits = len(self.pipeline) > 1
        super().on_response_complete()
