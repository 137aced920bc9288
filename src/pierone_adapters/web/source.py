"""One source of identity over HTTP.

What does not come in time, in size, or at all is `Unavailable`, in a sentence that names the source and holds no URL
and no secret. Redirects are not followed: a token goes where the settings say. Cookies are not kept: what is asked
for one caller says nothing about the next.
"""

import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote_plus

import httpx2

from pierone_adapters.web.answer import Answer
from pierone_adapters.web.circuit import Circuit
from pierone_adapters.web.connections import Connections
from pierone_core.errors import Unauthorized, Unavailable

_LOG = logging.getLogger(__name__)

CONNECT_TIMEOUT = 1.25
READ_TIMEOUT = 2.5
# The client's own time-outs, which tell more, come first.
_SLACK_SECONDS = 0.25
_MAX_BODY_BYTES = 1 << 20
_MAX_TOKEN_BYTES = 64 << 10
# RFC 6749 appendix A.12, without the space. A line break would end the header that carries the token.
_TOKEN = re.compile(rf"[\x21-\x7e]{{1,{_MAX_TOKEN_BYTES}}}")
# Nobody is at home, whoever asks. A 500 is not among them: one caller's odd token must not lock out the others.
_NOBODY_HOME = (502, 503, 504)
_NOT_NOW = (408, 425, 429)
# The source closed a kept connection just now, or `Connections.cut` one under way.
_CUT_OFF = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pierone"}
# As many as threads that may ask at once; kept only as long as any server keeps them.
_LIMITS = httpx2.Limits(max_connections=40, max_keepalive_connections=10, keepalive_expiry=2.0)


class WebSource:
    """A named HTTP server that knows something about callers."""

    def __init__(
        self,
        name: str,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        circuit: Circuit | None = None,
    ) -> None:
        """`name` stands in errors and logs; timeouts in seconds; a whole answer may take both together."""
        self.name = name
        self._patience = connect_timeout + read_timeout
        self._circuit = circuit or Circuit()
        self._connections = Connections()
        self._client = httpx2.Client(
            headers=_HEADERS,
            timeout=httpx2.Timeout(read_timeout, connect=connect_timeout, pool=connect_timeout),
            limits=_LIMITS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            verify=_tls(),
        )

    def get(self, url: str, *, token: str | None = None, params: Mapping[str, str] | None = None) -> Answer:
        """GET, in the name of whoever holds `token` (RFC 6750 section 2.1); raises `Unavailable`."""
        headers = {} if token is None else {"Authorization": f"Bearer {check_token(token)}"}
        return self._send("GET", url, headers=headers, params=params)

    def post(self, url: str, form: Mapping[str, str], client: tuple[str, str]) -> Answer:
        """POST a form as `client`, an id and its secret (RFC 6749 section 2.3.1); raises `Unavailable`."""
        user, password = map(quote_plus, client)
        return self._send("POST", url, data=form, auth=httpx2.BasicAuth(user, password))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, url: str, **parts: Any) -> Answer:  # noqa: ANN401 - of httpx2's request
        if not self._circuit.admits():
            raise Unavailable(f"{self.name} does not answer; try again in a few seconds")
        try:
            answer = self._exchange(method, url, parts)
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise Unavailable(f"{self.name} has no usable address here; tell the operator of the registry") from error
        except httpx2.HTTPError as error:
            self._failed(type(error).__name__)
            raise Unavailable(f"{self.name} does not answer; try again in a few seconds") from error
        return self._judge(answer)

    def _exchange(self, method: str, url: str, parts: Mapping[str, Any]) -> Answer:
        try:
            return self._in_time(method, url, parts)
        except _CUT_OFF:  # once more, on a new connection
            return self._in_time(method, url, parts)

    def _in_time(self, method: str, url: str, parts: Mapping[str, Any]) -> Answer:
        """`_read`, given up when its time is over.

        The client's time-outs are for each piece that comes, so a head that drips in would hold the caller for ever.
        A thread that is given up holds one of few connections until that is cut.
        """
        answer: Future[Answer] = Future()
        read = partial(self._read, method, url, parts)
        threading.Thread(target=_settle, args=(answer, read), name="source", daemon=True).start()
        try:
            return answer.result(self._patience + _SLACK_SECONDS)
        except TimeoutError as error:
            self._connections.cut()
            raise httpx2.ReadTimeout("the answer is too slow") from error
        finally:
            del answer  # a failure holds this frame by its traceback, and would hold itself

    def _read(self, method: str, url: str, parts: Mapping[str, Any]) -> Answer:
        ends = time.monotonic() + self._patience
        body = bytearray()
        extensions = {"trace": self._connections.note}
        with self._client.stream(method, url, extensions=extensions, **parts) as response:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > _MAX_BODY_BYTES or time.monotonic() > ends:
                    raise httpx2.TransportError("the answer is too long or too slow", request=response.request)
            return Answer(self.name, response.status_code, bytes(body))

    def _judge(self, answer: Answer) -> Answer:
        if answer.status in _NOBODY_HOME:
            self._failed(f"status {answer.status}")
        elif self._circuit.succeeded():
            _LOG.warning("%s answers again", self.name)
        if answer.status < 300 or (400 <= answer.status < 500 and answer.status not in _NOT_NOW):  # noqa: PLR2004
            return answer
        raise Unavailable(f"{self.name} cannot answer (status {answer.status}); try again in a few seconds")

    def _failed(self, reason: str) -> None:
        if self._circuit.failed():
            _LOG.warning("%s does not answer (%s); it is asked only now and then until it does", self.name, reason)


@cache
def _tls() -> ssl.SSLContext:
    """What the machine trusts; reading it takes a while, so all sources share it."""
    return httpx2.create_ssl_context()


def check_token(token: str) -> str:
    """`token`, if it can be one; raises `Unauthorized` for anything that must not travel further."""
    if _TOKEN.fullmatch(token):
        return token
    raise Unauthorized("that is not an access token: it is too long or has characters that no token has")


def _settle(answer: "Future[Answer]", read: Callable[[], Answer]) -> None:
    try:
        answer.set_result(read())
    except BaseException as error:  # noqa: BLE001 - the caller raises it
        answer.set_exception(error)
    finally:
        del answer  # as above
