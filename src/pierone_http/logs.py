"""What the server writes about its work: one line an event, for people or for programs, to standard error.

Modules log with the standard library; structlog turns their records, and uvicorn's, into lines. A line that a request
caused has its id. Nothing that callers send goes into a line as it came but names and paths: no header, no query (it
may carry the pass of an upload), no local variables of a traceback.
"""

import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pierone_http import whole_answer
from pierone_http.log_settings import LogSettings
from pierone_http.sendfile import EXTENSION, SendFile

REQUEST_ID = b"x-request-id"
# Where the gate leaves the name of whoever sent a request.
CALLER = "pierone.caller"

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FACTS = ("method", "path", "status", "bytes", "seconds", "caller")
_SCOPE: ContextVar[Scope | None] = ContextVar("scope", default=None)
_ERRORS = 400
_ACCESS = logging.getLogger("pierone_http.access")
# Libraries below this level would write what they send to others, with its credentials.
_OTHERS = logging.WARNING
_OURS = ("pierone_core", "pierone_adapters", "pierone_http", "uvicorn")

Line = MutableMapping[str, object]


def configure(settings: LogSettings, *, many: bool = False) -> None:
    """Send all log lines of this process to standard error; `many` processes tell who they are in each."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings.log_format, many=many))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, _OTHERS))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def enter(scope: Scope) -> None:
    """Say that what is logged from here on in this task, and in threads that work for it, is of this request."""
    if scope["type"] == "http":
        _SCOPE.set(scope)


def request_id(scope: Scope) -> str:
    """The id of a request: its client's `X-Request-Id` if that is sane, else made at the first asking."""
    if "pierone.request_id" not in scope:
        sent = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
        scope["pierone.request_id"] = sent.decode() if _SANE_ID.fullmatch(sent) else uuid.uuid4().hex
    found: str = scope["pierone.request_id"]
    return found


class Identified:
    """Puts the id of the request into each error that `app` answers; what is below `/v2/` does so itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Look at the answers of `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""

        async def identify(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _ERRORS:
                message["headers"] = [*message["headers"], (REQUEST_ID, request_id(scope).encode())]
            await send(message)

        await self._app(scope, receive, identify)


class AccessLog:
    """Logs each HTTP request when it is over: what was asked, by whom, and what was answered."""

    def __init__(self, app: ASGIApp) -> None:
        """Log the requests of `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and watch."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        answer = _Answer(send)
        answer.watch_extensions(scope)
        began = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        finally:
            _ACCESS.info("request", extra=_facts(scope, answer, time.perf_counter() - began))


class _Answer:
    """What leaves for the client. `status` is 0 as long as nothing was answered, as when the client hung up."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = self.bytes = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.bytes += len(message.get("body", b""))
        await self._send(message)

    def watch_extensions(self, scope: Scope) -> None:
        extensions = dict(scope.get("extensions") or {})
        extensions.pop(whole_answer.EXTENSION, None)  # what it writes would not be seen here
        if EXTENSION in extensions:
            extensions[EXTENSION] = self._counting(extensions[EXTENSION])
        scope["extensions"] = extensions

    def _counting(self, send_file: SendFile) -> SendFile:
        async def counting(fd: int, start: int, stop: int, patience: float) -> None:
            await send_file(fd, start, stop, patience)
            self.bytes += stop - start

        return counting


def _facts(scope: Scope, answer: _Answer, seconds: float) -> Mapping[str, object]:
    return {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "status": answer.status,
        "bytes": answer.bytes,
        "seconds": round(seconds, 6),
        "caller": scope.get(CALLER, ""),
    }


def _formatter(log_format: str, *, many: bool) -> structlog.stdlib.ProcessorFormatter:
    shape = _json if log_format == "json" else _console
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(allow=_FACTS),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso"),
            _add_request_id,
            *([_add_process] if many else []),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape()],
    )


def _json() -> list[structlog.types.Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _console() -> list[structlog.types.Processor]:
    plain = structlog.dev.plain_traceback  # the others show local variables
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    return [_keep_to_one_line, renderer]


def _add_request_id(_logger: object, _method: str, line: Line) -> Line:
    scope = _SCOPE.get()
    if scope is not None:
        line["request_id"] = request_id(scope)
    return line


def _add_process(_logger: object, _method: str, line: Line) -> Line:
    line["pid"] = os.getpid()
    return line


def _keep_to_one_line(_logger: object, _method: str, line: Line) -> Line:
    """Let nobody forge a line, or steer a terminal, with what they send; JSON escapes by itself."""
    return {name: _escaped(value) if isinstance(value, str) else value for name, value in line.items()}


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
