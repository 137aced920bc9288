"""A registry, asked over HTTP as whoever has a token."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeGuard
from urllib.parse import quote, urljoin

import httpx2

from pierone_cli.address import Address
from pierone_cli.credential import Credential
from pierone_cli.errors import Ambiguous, ClientError, NotFound, Refused
from pierone_cli.web import Web, flowing, is_error, problem

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_JSON = "application/json"
LIST_SECONDS = 600.0
"""How long a list of any number of pages may take."""
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

    def json(self, path: str, accept: str = _JSON) -> dict[str, Any]:
        """GET a document; raises `NotFound`."""
        response = self.get(path, accept=accept)
        content = _json(response)
        return content if isinstance(content, dict) else _no_pier_one(response)

    def names(self, path: str) -> Iterator[str]:
        """GET a list of names; raises `NotFound`."""
        for response, item in self._pages(path, None):
            yield item if isinstance(item, str) else _no_pier_one(response)

    def rows(self, path: str, *needed: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """GET a list of objects, each with the texts that are `needed`; raises `NotFound`."""
        for response, item in self._pages(path, params):
            yield item if _has(item, needed) else _no_pier_one(response)

    def _pages(self, path: str, params: Mapping[str, str] | None) -> Iterator[tuple[httpx2.Response, object]]:
        """The items of a list, which goes on where it names a next page (RFC 8288)."""
        ends = time.monotonic() + LIST_SECONDS
        url: str | None = path
        while url is not None:
            if time.monotonic() > ends:
                raise ClientError(f"the list {path} of {self.address.host} does not end; tell the registry's owners")
            response = self.get(url, params)
            content = _json(response)
            yield from ((response, item) for item in (content if isinstance(content, list) else _no_pier_one(response)))
            url, params = self._following(url, response), None

    def get(self, path: str, params: Mapping[str, str] | None = None, accept: str = _JSON) -> httpx2.Response:
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
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, accept: str = _JSON
    ) -> httpx2.Response:
        """Send a request, and return the answer whatever its status."""
        headers = self._headers() | {"Accept": accept}
        # A redirect may lead to another name of the registry; the token does not go to another host.
        return self._web.send(method, self._url(path), params=params, headers=headers, follow_redirects=True)

    @contextmanager
    def blob(self, repository: str, digest: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a blob, in pieces as they come; raises `NotFound`."""
        url = self._url(f"/v2/{quote(repository)}/blobs/{quote(digest, safe=':')}")
        with self._web.stream("GET", url, self._headers()) as response:
            if is_error(response):
                self._web.read(response)
                self._check(response)
            yield flowing(response.iter_raw())

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
        # The registry speaks to users of container clients.
        said = problem(response).replace("docker login <registry>", f"pierone login --url {self.address.url}")
        return f"{self.address.host} does not take the token of {self.credential.source}: {said}"

    def _headers(self) -> dict[str, str]:
        return self.credential.headers if self.credential else {}

    def _url(self, path: str) -> str:
        return f"{self.address.url}{path}"

    def _following(self, url: str, response: httpx2.Response) -> str | None:
        found = _NEXT.search(response.headers.get("Link", ""))
        if found is None:
            return None
        try:
            # Where the next page is, the registry may say with its whole URL, as it is known to itself.
            own = httpx2.URL(urljoin(url, found.group(1)))
        except (ValueError, httpx2.InvalidURL):
            return _no_pier_one(response)
        return own.raw_path.decode().removeprefix(httpx2.URL(self.address.url).raw_path.decode().rstrip("/"))


def manifest_path(repository: str, name: str) -> str:
    """Where a manifest is."""
    return f"/v2/{quote(repository)}/manifests/{quote(name, safe=':')}"


def _json(response: httpx2.Response) -> Any:  # noqa: ANN401 - whatever the path has
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise ClientError(f"{response.url.copy_with(query=None)} answers no JSON; is it a Pier One?") from error


def _has(item: object, needed: Sequence[str]) -> TypeGuard[dict[str, Any]]:
    return isinstance(item, dict) and all(isinstance(item.get(name), str) for name in needed)


def _no_pier_one(response: httpx2.Response) -> NoReturn:
    raise ClientError(f"{response.url.copy_with(query=None)} answers otherwise than a Pier One does; is it one?")
