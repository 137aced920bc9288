"""Answers what cannot change in the protocol itself: no task, no ASGI, no look-up but the one of the caller.

A request is answered here if its answer is kept (`kept_answers`), its caller is known and may pull, and nothing about
it or its connection is out of the ordinary; every other request goes on to the application, and fills what is kept.
Both ways give the same bytes. Measured with a cached caller and 16 connections: 16 microseconds of the server's CPU for
a manifest instead of 62 (`benchmarks/README.md`, section Profiles).
"""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from pierone_core.values import Repository
from pierone_http.kept_answers import KEEP, KeptAnswer, KeptAnswers, Offer
from pierone_http.protocol import PIPELINE_MAX
from pierone_http.receiving import ReceivingProtocol
from pierone_http.request_head import HOST
from pierone_http.v2.gate import Gate

# A request with one of these may be answered otherwise, or has a body.
_TELLING = frozenset(
    b"content-length transfer-encoding expect upgrade range "
    b"if-match if-none-match if-modified-since if-unmodified-since if-range".split()
)
_OK = STATUS_LINE[200]
# An answer counts as so many pieces of a body (`resting`): a connection with more than eight in one reading rests.
_PIECES = 8
# Of one reading, 256 KB at the most; what is asked for beyond is queued, or too much, as all else that is pipelined.
_PIECES_MAX = PIPELINE_MAX * _PIECES


class HotProtocol(ReceivingProtocol):
    """One connection."""

    kept: KeptAnswers
    gate: Gate

    # Whether the request whose head came last has been answered here.
    _answered = False
    # What all answers of this second begin with, made of these default headers.
    _defaults: list[tuple[bytes, bytes]] | None = None
    _start: bytes | None = None

    @classmethod
    def over(cls, kept: KeptAnswers, gate: Gate) -> "type[HotProtocol]":
        """The protocol that answers from `kept` whom `gate` lets in."""
        return type(cls.__name__, (cls,), {"kept": kept, "gate": gate})

    def on_headers_complete(self) -> None:
        """Answer at once, or hand the request on with the means to keep its answer."""
        answer = self._find_answer()
        self._answered = answer is not None
        if answer is None:
            super().on_headers_complete()
            self._offer_to_keep()
        else:
            self._pending_bytes = 0
            self._pieces += _PIECES
            self.transport.writelines(answer)
            self.server_state.total_requests += 1
            self._deadline.set(self.timeout_keep_alive)

    def on_message_complete(self) -> None:
        """A request is complete; one that was answered here has nothing that waits for its end."""
        if not self._answered:
            super().on_message_complete()

    def _find_answer(self) -> tuple[bytes, ...] | None:
        kept = self.kept.get(self.url)
        if kept is None or not (self._is_free() and self._is_plain()):
            return None
        start, rest = self._beginning(), _rest(kept, self.parser.get_method())
        if start is None or rest is None or not self._is_reader(kept.repository):
            return None
        return (start, *rest)

    def _is_free(self) -> bool:
        """Whether no answer is under way, the client takes what it is sent, and others do not wait for this one."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first that the application answers
        is_idle = cycle is None or cycle.response_complete
        return is_idle and not self.flow.write_paused and self._pieces < _PIECES_MAX

    def _is_plain(self) -> bool:
        parser = self.parser
        if not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return False
        names = [name for name, _ in self.headers]
        if names.count(b"host") != 1 or not _TELLING.isdisjoint(names):  # RFC 9112 section 3.2
            return False
        return HOST.fullmatch(self.headers[names.index(b"host")][1]) is not None

    def _is_reader(self, repository: Repository) -> bool:
        shown = next((value for name, value in self.headers if name == b"authorization"), b"")
        # The loop is at hand: asking which one runs is a system call (getpid), a seventh of the whole answer.
        return self.gate.known_reader(shown, repository, self.loop.time()) is not None

    def _beginning(self) -> bytes | None:
        """The status line and the default headers; None when those end the connection, as at shutdown."""
        defaults = self.server_state.default_headers
        if self._defaults is not defaults:
            self._defaults = defaults
            ends = any(name == b"connection" for name, _ in defaults)
            self._start = None if ends else b"".join([_OK, *(b"%b: %b\r\n" % field for field in defaults)])
        return self._start

    def _offer_to_keep(self) -> None:
        """Only under a path that has one spelling, and is all of the target: no query, no host, no escapes."""
        scope = self.scope
        if scope["raw_path"] == self.url and b"%" not in self.url:
            offer = Offer(self.kept, self.url)
            scope["extensions"] = {**scope.get("extensions", {}), KEEP: offer}  # type: ignore[dict-item]  # ASGI's own


def _rest(kept: KeptAnswer, method: bytes) -> tuple[bytes, ...] | None:
    if method == b"HEAD":
        return (kept.head,)
    if method == b"GET" and kept.body is not None:
        return (kept.head, kept.body) if kept.body else (kept.head,)  # asyncio of 3.12 never sends an empty last piece
    return None
