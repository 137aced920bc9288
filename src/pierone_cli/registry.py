"""A registry, asked over HTTP as whoever has a token."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urljoin

import httpx2

from pierone_cli.address import Address
from pierone_cli.credential import Credential
from pierone_cli.errors import Ambiguous, ClientError, NotFound, Refused
from pierone_cli.web import Web, is_error, problem

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_UNAUTHORIZED, _FORBIDDEN, _MISSING, _AMBIGUOUS = 401, 403, 404, 412


class Registry:
    """Requests to one registry; every failure is a `ClientError`."""

    def __init__(self, address: Address, credential: Credential | None) -> None:
        """`credential`: None to ask as nobody in particular."""
        self.address, self.credential = address, credential
        self._web = Web()

    def close(self) -> None:
        """Close the connections."""
        self._web.close()

    def json(self, path: str, params: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - whatever the path has
        """GET a document of the Pier One API; raises `NotFound`."""
        return _json(self.get(path, params))

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """GET a list, and go on where it names a next page (RFC 8288)."""
        url: str | None = path
        while url is not None:
            response = self.get(url, params)
            yield from _json(response)
            following = _NEXT.search(response.headers.get("Link", ""))
            url, params = (self._own(urljoin(url, following.group(1))), None) if following else (None, None)

    def get(
        self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> httpx2.Response:
        """GET; raises `NotFound`, `Refused`."""
        return self._check(self.ask("GET", path, params=params, accept=accept))

    def digest(self, repository: str, name: str) -> str:
        """The digest behind a tag, or a digest that exists; raises `NotFound`."""
        path = manifest_path(repository, name)
        response = self._check(self.ask("HEAD", path, accept=", ".join(MANIFEST_TYPES)))
        try:
            return str(response.headers["Docker-Content-Digest"])
        except KeyError as error:
            raise ClientError(f"{self.address.url} answers without a digest; is it a registry?") from error

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> httpx2.Response:
        """Send a request, and return the answer whatever its status."""
        headers = self._headers() | {"Accept": accept}
        # A redirect may lead to another name of the registry; the token does not go to another host.
        return self._web.send(method, self._url(path), params=params, headers=headers, follow_redirects=True)

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a blob, in pieces as they come; raises `NotFound`."""
        url = self._url(f"/v2/{quote(repository)}/blobs/{quote(digest, safe=':')}")
        with self._web.failures(url), self._web.stream("GET", url, self._headers()) as response:
            if is_error(response):
                response.read()
                self._check(response)
            yield response.iter_raw()

    def _check(self, response: httpx2.Response) -> httpx2.Response:
        if response.status_code == _UNAUTHORIZED:
            raise Refused(self._refusal(response))
        if response.status_code == _FORBIDDEN:
            raise Refused(f"{self.address.host} does not allow this: {problem(response)}")
        if response.status_code == _MISSING:
            raise NotFound(f"{self.address.host} does not have this: {problem(response)}")
        if response.status_code == _AMBIGUOUS:
            raise Ambiguous(f"{self.address.host} has several of this: {problem(response)}")
        if is_error(response):
            raise ClientError(f"{self.address.host} cannot answer: {problem(response)}")
        return response

    def _refusal(self, response: httpx2.Response) -> str:
        if self.credential is None:
            return f"{self.address.host} wants a login; run `pierone login --url {self.address.url}`"
        return f"{self.address.host} does not take the token of {self.credential.source}: {problem(response)}"

    def _headers(self) -> dict[str, str]:
        return self.credential.headers if self.credential else {}

    def _url(self, path: str) -> str:
        return f"{self.address.url}{path}"

    def _own(self, path: str) -> str:
        # Where the next page is, the registry may say with its whole URL, as it is known to itself.
        own = httpx2.URL(path)
        return own.raw_path.decode().removeprefix(httpx2.URL(self.address.url).raw_path.decode().rstrip("/"))


def manifest_path(repository: str, name: str) -> str:
    """Where a manifest is."""
    return f"/v2/{quote(repository)}/manifests/{quote(name, safe=':')}"


def _json(response: httpx2.Response) -> Any:  # noqa: ANN401 - whatever the path has
    try:
        return response.json()
    except ValueError as error:
        raise ClientError(f"{response.url.copy_with(query=None)} answers no JSON; is it a Pier One?") from error
