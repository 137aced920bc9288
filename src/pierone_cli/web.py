"""HTTP as all of this program does it: proxies and private CAs of the environment, patience, readable failures."""

import os
import ssl
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Self

import httpx2

from pierone_cli.errors import ClientError, printable

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
# What the earlier client, and others that stand on `requests`, are told about private CAs.
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_ERROR_STATUS = 400
_PRINTED_CHARACTERS = 300


class Web:
    """A pool of connections; every failure is a `ClientError` that names the address and no secret."""

    def __init__(self) -> None:
        """Nothing is opened before the first request."""
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            headers={"User-Agent": f"pierone-cli/{version('pierone')}"},
            verify=_trust(),
        )

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
            return self._client.request(method, url, **parts)

    def stream(self, method: str, url: str, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 - httpx2 does not name it
        """Ask, and read the answer bit by bit; redirects are followed, without credentials to other hosts."""
        return self._client.stream(method, url, headers=dict(headers), follow_redirects=True)

    def failures(self, url: str) -> "_Failures":
        """A block whose HTTP failures become sentences."""
        return _Failures(url)


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
    except ValueError:
        said: object = response.text
    else:
        said = _said(body) if isinstance(body, dict) else ""
    line = printable(" ".join(str(said).split())[:_PRINTED_CHARACTERS])
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
