"""How a connection ends, and that each request has exactly one answer, whatever becomes of the connection or its body.

An application may answer before the request is whole. If the body breaks afterwards, nothing more is said. If it breaks
before, the application is told that its client is gone; what it answers all the same was done, and is the answer. A
request whose body broke before it began is not begun.

`Expect: 100-continue`: an answer that comes before the body was asked for ends the connection. The client may send the
body or not, and where the next request begins would be anybody's guess (RFC 9110 section 10.1.1).
"""

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pierone_core.errors import RegistryError
from pierone_http.patience import Deadline
from pierone_http.whole_answer import written_refusal

# How long and how much a refused client may go on to send: if it could not, many would never come to read the refusal.
_LINGER_SECONDS = 5.0
LINGER_BYTES = 16 << 20


class EndingProtocol(HttpToolsProtocol):
    """One connection."""

    _deadline: Deadline
    # The request that is being answered; uvicorn's `cycle` is the one that came last.
    _running: RequestResponseCycle | None = None
    # Whether no more is read, and what is still to be said about it.
    _is_refused = False
    _refusal: RegistryError | None = None
    # Whether the client has ended its side: nothing tells then that it is gone.
    _has_ended = False

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn gives up whoever sends no more
        """Answer whatever the client had asked when it ended its side; whoever breaks off in a body is gone."""
        self._has_ended = True
        last = self._last_cycle()
        if last and not last.more_body and not self._is_refused:
            last.keep_alive = False
        return self._is_answering() and (self._is_refused or not self.cycle.more_body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            async def send_early(message: ASGISendEvent) -> None:
                self._judge_early(cycle, message)
                await send(message)

            try:
                if not cycle.more_body:
                    await app(scope, receive, send)
                elif not cycle.disconnected:
                    await app(scope, receive, send_early)
            finally:
                if not cycle.response_complete:
                    self._break_off(cycle)

        self._running = cycle
        super()._start_asgi_task(cycle, answer)

    def _judge_early(self, cycle: RequestResponseCycle, message: ASGISendEvent) -> None:
        """The request may be unfinished; this is the beginning of its answer, or a part of it."""
        if not cycle.more_body:
            return
        if message["type"] == "http.response.start":
            if cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            if self._is_refused and not self.transport.is_closing():
                self._refusal = None
                cycle.disconnected = cycle.keep_alive = False
        elif not cycle.keep_alive and not message.get("more_body", False):  # uvicorn would hang up at once
            self._is_refused = cycle.keep_alive = True

    def _break_off(self, cycle: RequestResponseCycle) -> None:
        """Refuse what broke before an answer began; wait for the client to take what there is of another answer."""
        if self.transport.is_closing():
            return
        if self._is_refused and not cycle.response_started:
            self._end()
        else:  # uvicorn ends the connection
            self._deadline.set(self.timeout_keep_alive)

    def on_message_complete(self) -> None:
        """A request is complete, whether it has its answer already or not."""
        self.cycle.more_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Say what was to be said after this answer, or wait for the next head, unless it came already."""
        is_last = not self.pipeline
        super().on_response_complete()
        if self._is_refused and is_last and not self.transport.is_closing():
            self._end()
        elif self.cycle.response_complete or self.transport.is_closing():  # then nothing that is queued is answered
            self._deadline.set(self.timeout_keep_alive)

    def _refuse(self, error: RegistryError) -> None:
        """Refuse what came last; what came before it may be done already, and is answered first."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused, self._refusal = True, error
        cycle = self._last_cycle()
        if cycle and cycle.more_body:
            self._break(cycle)
        if not self._is_answering():
            self._end()

    def _break(self, cycle: RequestResponseCycle) -> None:
        """What cannot be read is of this request, which is not refused if it has (the beginning of) its answer."""
        if cycle.response_started:
            self._refusal = None
        elif self.pipeline:
            self.pipeline.popleft()
        else:
            self._drop(cycle)

    def _drop(self, cycle: RequestResponseCycle) -> None:
        """Tell the application that no more comes, and nothing of what it has not read."""
        cycle.body = bytearray()
        cycle.disconnected = True
        cycle.message_event.set()

    def _is_answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _end(self) -> None:
        """Say what is left to say, and let the client go on to send for a while (RFC 9112 section 9.6)."""
        self._running = None
        if self._refusal:
            # Where there is no target, the parser may tell the method of the request before.
            is_to_head = bool(self.url) and self.parser.get_method() == b"HEAD"
            fields = self.server_state.default_headers
            self.transport.write(written_refusal(self._refusal, fields, is_to_head=is_to_head))
        if self._has_ended:
            self.transport.close()
        else:
            self.transport.write_eof()
            self.flow.resume_reading()  # or the client could not go on to send
        self._deadline.set(_LINGER_SECONDS)

    def _last_cycle(self) -> RequestResponseCycle | None:
        return self.cycle  # None before the first request, which uvicorn's types leave out
