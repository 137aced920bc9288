"""A client whose requests are spread over replicas."""

import ssl
from collections.abc import Mapping
from itertools import cycle
from typing import Self

import httpx2
from tests.integration.survival.registry import PATIENCE, Body, Registry

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class RoundRobin(Registry):
    """Sends each request to the next of several base URLs; with one of them, such as a proxy's, to that."""

    def __init__(self, *urls: str, patience: float = PATIENCE, auth: tuple[str, str] | None = None) -> None:
        """`patience`: seconds to wait for an answer; `auth`: a user's name and password."""
        self._clients = [
            httpx2.Client(base_url=url, trust_env=False, timeout=patience, verify=_NO_TLS, auth=auth) for url in urls
        ]
        self._next = cycle(self._clients)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()

    def request(
        self, method: str, path: str, body: Body = b"", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Answer of the next replica, of any status."""
        return next(self._next).request(method, path, content=body, headers=headers)
