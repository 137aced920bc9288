"""An HTTP proxy in front of the real S3 server that lets things go wrong, each as it does on a bad day.

It passes requests on as they are, also their Host, which is part of the signature. Every request that came is kept.
"""

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, NamedTuple, Self
from urllib.parse import urlsplit

_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    query: str

    @property
    def is_part(self) -> bool:
        """Whether it writes a part."""
        return self.method == "PUT" and "partNumber=" in self.query

    def is_of(self, method: str, kind: str) -> bool:
        """Whether it is of that method, to an object of the kind: blobs, large or uploads."""
        return self.method == method and f"/{kind}/" in self.path


class Exchange:
    """One request and the ways to treat it."""

    def __init__(self, handler: "_Handler", request: Request) -> None:
        self._handler, self.request = handler, request
        self._size = int(handler.headers.get("Content-Length", 0))

    def pass_on(self) -> None:
        """Forward it, and the answer back."""
        self._answer(*self._asked(self._body()))

    def _body(self) -> bytes:
        return self._handler.rfile.read(self._size)

    def _asked(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._handler.upstream, timeout=60)
        try:
            headers = {name: value for name, value in self._handler.headers.items() if name.lower() != "expect"}
            connection.request(self.request.method, self._handler.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def slow_down(self) -> None:
        """Answer that S3 has too much to do."""
        self._body()
        self._answer(503, [], _SLOW_DOWN)

    def conflict(self) -> None:
        """Answer that somebody else writes the same object at this moment."""
        self._body()
        self._answer(409, [], b"<Error><Code>ConditionalRequestConflict</Code></Error>")

    def miss(self) -> None:
        """Answer that there is no such object."""
        self._body()
        self._answer(404, [], b"<Error><Code>NoSuchKey</Code></Error>")

    def corrupt(self) -> None:
        """Forward it with one byte changed."""
        body = self._body()
        self._answer(*self._asked(bytes([body[0] ^ 1]) + body[1:]))

    def lose_answer(self) -> None:
        """Forward it, and hang up instead of answering."""
        self._asked(self._body())
        self.hang_up()

    def hold_back(self) -> Callable[[], object]:
        """Hang up; what is returned forwards it, whenever that is called."""
        body = self._body()
        self.hang_up()
        return lambda: self._asked(body)

    def cut_answer(self) -> None:
        """Hang up in the middle of the answer's body."""
        status, headers, data = self._asked(self._body())
        self._answer(status, headers, data[: len(data) // 2])
        self.hang_up()

    def cut_body(self) -> None:
        """Hang up when half of the body has come."""
        self._handler.rfile.read(self._size // 2)
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self._handler.close_connection = True
        self._handler.wfile.flush()

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        self._handler.send_response_only(status)
        for name, value in headers:
            if name.lower() != "transfer-encoding":
                self._handler.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self._handler.send_header("Content-Length", str(len(data)))
        self._handler.end_headers()
        self._handler.wfile.write(data)


Treat = Callable[[Exchange], None]


class FaultProxy:
    """Listens while its context is open; `treat` decides about each request and may be replaced at any time."""

    def __init__(self, upstream: int) -> None:
        """`upstream`: port of the real server."""
        self.treat: Treat = Exchange.pass_on
        self.requests: list[Request] = []
        handler = type("Handler", (_Handler,), {"upstream": upstream, "proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Listen."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def only_first(self, count: int, concerns: Callable[[Request], bool], fault: Treat) -> None:
        """Let the first `count` requests that the fault concerns (a huge number: all) suffer it."""
        left = threading.Semaphore(count)

        def treat(exchange: Exchange) -> None:
            if concerns(exchange.request) and left.acquire(blocking=False):
                fault(exchange)
            else:
                exchange.pass_on()

        self.treat = treat

    def stop_after(self, count: int) -> None:
        """Pass on so many requests, and hang up on all others."""
        left = threading.Semaphore(count)
        self.treat = lambda exchange: exchange.pass_on() if left.acquire(blocking=False) else exchange.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: ClassVar[int]
    proxy: ClassVar[FaultProxy]

    def do_GET(self) -> None:
        """Treat the request, whatever its method."""
        path, query = urlsplit(self.path)[2:4]
        request = Request(self.command, path, query)
        self.proxy.requests.append(request)
        self.proxy.treat(Exchange(self, request))

    do_PUT = do_GET  # noqa: N815 - what http.server looks for
    do_POST = do_GET  # noqa: N815
    do_HEAD = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Write nothing."""
