"""The `/v2/` routes: plain ASGI, so that a pull costs no framework; every endpoint of the spec stands in `routes`.

A repository may have components called blobs, manifests, tags or uploads, so paths are read from the right.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pierone_core.caller import Caller
from pierone_core.errors import EndpointUnknown, MethodUnsupported, NameInvalid
from pierone_core.values import Repository
from pierone_http.auth import Authentication
from pierone_http.body import ClientGone
from pierone_http.errors import error_response
from pierone_http.v2.discovery import DiscoveryEndpoints
from pierone_http.v2.pull import PullEndpoints
from pierone_http.v2.push_blobs import BlobPushEndpoints
from pierone_http.v2.push_manifests import ManifestPushEndpoints

Handler = Callable[[Request, Caller, Repository, str], Awaitable[Response]]

_PATH = re.compile(
    r"/v2/(?P<name>.+)/(?:manifests/(?P<manifest>[^/]+)|blobs/uploads/(?P<upload>[^/]+)|(?P<uploads>blobs/uploads/?)"
    r"|blobs/(?P<blob>[^/]+)|(?P<tags>tags/list)|referrers/(?P<referrers>[^/]+))"
)
_VERSION = (b"docker-distribution-api-version", b"registry/2.0")


@dataclass(frozen=True)
class Endpoints:
    """The handlers of all chapters."""

    pull: PullEndpoints
    blobs: BlobPushEndpoints
    manifests: ManifestPushEndpoints
    discovery: DiscoveryEndpoints


class V2App:
    """ASGI application for everything below `/v2/`."""

    def __init__(self, authentication: Authentication, endpoints: Endpoints, challenge: str) -> None:
        """`challenge` is what a caller without an identity is told (WWW-Authenticate)."""
        self._authentication, self._challenge = authentication, challenge
        self._catalog = endpoints.discovery.catalog
        self._routes = routes(endpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong has the spec's JSON."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            response = error_response(error, scope["path"], self._challenge)
        response.raw_headers.append(_VERSION)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        caller = await self._authentication.caller(_authorization(request.scope))
        path: str = request.scope["path"]
        if b"%2f" in request.scope["raw_path"].lower():  # two readers of such a path may see two repositories
            raise NameInvalid("an encoded slash cannot be part of a name")
        if path in ("/v2/", "/v2", "/v2/_catalog"):
            return await self._root(request, path)
        match = _PATH.fullmatch(path)
        if not match:
            raise EndpointUnknown("no endpoint of the distribution API has this path", {"path": path[:300]})
        kind = match.lastgroup or ""
        handler = _allowed(self._routes[kind], request.method)
        return await handler(request, caller, Repository.parse(match["name"]), match[kind])

    async def _root(self, request: Request, path: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise MethodUnsupported(f"{request.method[:20]} is not supported here", ("GET", "HEAD"))
        return await self._catalog(request) if path == "/v2/_catalog" else Response("{}", media_type="application/json")


def routes(endpoints: Endpoints) -> dict[str, dict[str, Handler]]:
    """Which handler answers which method, by what the path names."""
    pull, blobs, manifests, discovery = (
        endpoints.pull,
        endpoints.blobs,
        endpoints.manifests,
        endpoints.discovery,
    )
    return {
        "manifest": {
            "GET": pull.get_manifest,  # end-3
            "HEAD": pull.get_manifest,
            "PUT": manifests.put_manifest,  # end-7a, end-7b
        },
        "blob": {"GET": pull.get_blob, "HEAD": pull.get_blob},  # end-2
        "uploads": {"POST": blobs.post_upload},  # end-4a, end-4b, end-4c, end-11
        "upload": {
            "PATCH": blobs.patch_upload,  # end-5
            "PUT": blobs.put_upload,  # end-6
            "GET": blobs.get_upload,  # end-13
            "DELETE": blobs.delete_upload,  # end-14
        },
        "tags": {"GET": discovery.list_tags, "HEAD": discovery.list_tags},  # end-8a, end-8b
        "referrers": {"GET": discovery.list_referrers, "HEAD": discovery.list_referrers},  # end-12a, end-12b
    }


def _allowed(methods: dict[str, Handler], method: str) -> Handler:
    if method in methods:
        return methods[method]
    if method == "DELETE":  # end-9, end-10: chapter "Content Management"
        raise MethodUnsupported(
            "content is never deleted here: images stay, so that deployments can be reproduced and audited", methods
        )
    raise MethodUnsupported(f"{method[:20]} is not supported here; use {', '.join(methods)}", methods)


def _authorization(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"authorization"), b"")
