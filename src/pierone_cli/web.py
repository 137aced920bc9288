"""HTTP as all of this program does it: proxies and private CAs of the environment, patience, readable failures."""

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from importlib.metadata import version
from typing import Any, Self, TypeVar

import httpx2

from pierone_cli.errors import ClientError

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""How long a whole answer may take, or what goes before a blob."""
_SLOWEST_BYTES_A_SECOND = 1024  # of a blob, after that time
_PROXIES = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"
# What the earlier client, and others that stand on `requests`, are told about private CAs.
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_ERROR_STATUS = 400
Answer = TypeVar("Answer")
_PRINTED_CHARACTERS = 300


class Web:
    """A pool of connections; every failure is a `ClientError` that names the address and no secret."""

    def __init__(self) -> None:
        """Nothing is opened before the first request."""
        patience = httpx2.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
        agent = {"User-Agent": f"pierone-cli/{version('pierone')}"}
        try:
            self._client = httpx2.Client(timeout=patience, headers=agent, verify=_trust())
        except ImportError as error:
            raise ClientError(f"{_PROXIES} names a SOCKS proxy; name an HTTP proxy there, or unset it") from error
        except (ValueError, httpx2.InvalidURL) as error:  # the value is not shown: it may have a password
            raise ClientError(f"{_PROXIES} is no URL of an HTTP proxy; mend or unset it") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def send(self, method: str, url: str, **parts: Any) -> httpx2.Response:  # noqa: ANN401 - of httpx2's request
        """Ask, and read the whole answer, whatever its status."""
        with self.failures(url):
            return _in_time(lambda: self._client.request(method, url, **parts))

    @contextmanager
    def stream(self, method: str, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Ask, and read the answer bit by bit; redirects are followed, without credentials to other hosts."""
        with self.failures(url):
            asked = self._client.build_request(method, url, headers=dict(headers))
            with closing(_in_time(lambda: self._client.send(asked, stream=True, follow_redirects=True))) as response:
                yield response

    def read(self, response: httpx2.Response) -> None:
        """Read the rest of an answer that came bit by bit."""
        _in_time(response.read)

    def failures(self, url: str) -> "_Failures":
        """A block whose HTTP failures become sentences."""
        return _Failures(url)


def flowing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """`pieces`, unless they come so slowly that they would never end; raises `httpx2.ReadTimeout`.

    Only waiting for them counts, for whoever reads them may take its time.
    """
    patience, before = ANSWER_SECONDS, time.monotonic()
    for piece in pieces:
        patience -= time.monotonic() - before
        if patience < 0:
            raise httpx2.ReadTimeout("too slow")
        yield piece
        patience = min(patience + len(piece) / _SLOWEST_BYTES_A_SECOND, ANSWER_SECONDS)
        before = time.monotonic()


def _in_time(ask: Callable[[], Answer]) -> Answer:
    # The client's own limits are for each step; a server that sends a byte now and then would be waited for all day.
    answer: Future[Answer] = Future()
    threading.Thread(target=_settle, args=[answer, ask], daemon=True).start()
    try:
        return answer.result(ANSWER_SECONDS)
    except TimeoutError as error:
        raise httpx2.ReadTimeout("too slow") from error


def _settle(answer: "Future[Answer]", ask: Callable[[], Answer]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is waited for
        answer.set_exception(error)


class _Failures:
    def __init__(self, url: str) -> None:
        self._url = httpx2.URL(url).copy_with(query=None, userinfo=b"")

    def __enter__(self) -> None:
        """Watch."""

    def __exit__(self, _: object, error: object, __: object) -> None:
        """Translate."""
        if isinstance(error, httpx2.TimeoutException):
            raise ClientError(f"{self._url} does not answer in time; try again, or check the address") from error
        if isinstance(error, httpx2.HTTPError):
            raise ClientError(f"{self._url} cannot be reached: {error}; {_advice(error)}") from error


def _advice(error: httpx2.HTTPError) -> str:
    if "CERTIFICATE_VERIFY" in str(error).upper():
        return "name the file of your private CA in SSL_CERT_FILE"
    return "check the address, the network and HTTPS_PROXY"


def problem(response: httpx2.Response) -> str:
    """What a server says is wrong, in one line: the errors of OCI, of Pier One, of OAuth, or its text."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        said: object = response.text
    else:
        said = _said(body) if isinstance(body, dict) else ""
    line = " ".join(str(said).split())[:_PRINTED_CHARACTERS]
    return f"{line} (status {response.status_code})" if line else f"status {response.status_code}"


def _said(body: Mapping[str, Any]) -> object:
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0].get("message", "")
    names = ("message", "error_description", "detail", "title", "error")
    return next((body[name] for name in names if body.get(name)), "")


def is_error(response: httpx2.Response) -> bool:
    """Whether the answer is no success and no redirect."""
    return response.status_code >= _ERROR_STATUS


def _trust() -> ssl.SSLContext | bool:
    file = next((os.environ[name] for name in _CA_VARIABLES if os.environ.get(name)), "")
    if not file:
        return True
    try:
        context = ssl.create_default_context()
        context.load_verify_locations(**{"capath" if os.path.isdir(file) else "cafile": file})  # noqa: PTH112 - a string
    except OSError as error:
        raise ClientError(f"cannot read certificates from {file}: {error}; check {', '.join(_CA_VARIABLES)}") from error
    return context
