"""A small HTTP server in the test's process, in place of a service that cannot be had."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: path and query as they came, and what they mean."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, still quoted."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters."""
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def token(self) -> str:
        """The bearer token."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Reply:
    """An answer: what is no bytes is sent as JSON. `drip`: seconds before each byte of the body."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    hang_up: bool = False
    hang: bool = False

    @property
    def data(self) -> bytes:
        """The body as it travels."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answering = Callable[[Asked], Reply]
HANG = Reply(hang=True)
HANG_UP = Reply(hang_up=True)


class StandIn:
    """Answers as `answer` says, which a test may replace; `asked` has every request in order."""

    def __init__(self, answer: Answering) -> None:
        """Nothing listens until `start`."""
        self.answer = answer
        self.asked: list[Asked] = []
        self.hanging = threading.Semaphore(0)
        self._stopped = threading.Event()
        self._server = _Listening(0, self)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def start(self) -> None:
        """Answer, on the same port as before."""
        if self._stopped.is_set():
            self._stopped.clear()
            self._server = _Listening(self._server.server_port, self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and let go of whoever waits; again is harmless."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._server.shutdown()
            self._server.server_close()

    def wait_for_release(self) -> None:
        """What a request that hangs does until the server stops."""
        self.hanging.release()
        self._stopped.wait()

    def stops_within(self, seconds: float) -> bool:
        """Wait; whether the server stopped meanwhile."""
        return self._stopped.wait(seconds) if seconds else False

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listening

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # whoever asked lost patience
            self.close_connection = True

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers), body)
        self.server.stand_in.asked.append(asked)
        reply = self.server.stand_in.answer(asked)
        if reply.hang:
            self.server.stand_in.wait_for_release()
        if reply.hang or reply.hang_up:
            self.close_connection = True
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.data)))
        self.end_headers()
        pieces = [bytes([byte]) for byte in reply.data] if reply.drip else [reply.data]
        for piece in pieces:
            if not self.server.stand_in.stops_within(reply.drip):
                self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    do_GET = do_POST = answer  # noqa: N815 - the names are http.server's


def reply_always(reply: Reply) -> Answering:
    """The same answer to every request."""
    return lambda _: reply
