"""The `/v2/` routes: plain ASGI, so that a pull costs no framework; every endpoint of the spec stands in `routes`.

Whoever reads is checked here, in one place; whoever pushes, by the use cases.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pierone_core.caller import Caller
from pierone_core.errors import EndpointUnknown, MethodUnsupported, NameInvalid, Unauthorized, Unavailable
from pierone_core.values import Repository
from pierone_http.body import ClientGone
from pierone_http.errors import error_response
from pierone_http.logs import REQUEST_ID, request_id
from pierone_http.v2.discovery import DiscoveryEndpoints
from pierone_http.v2.gate import Gate, authorization
from pierone_http.v2.paths import READS, find, wanted
from pierone_http.v2.pull import PullEndpoints
from pierone_http.v2.push_blobs import BlobPushEndpoints
from pierone_http.v2.push_manifests import ManifestPushEndpoints
from pierone_http.v2.token import TokenEndpoints

Handler = Callable[[Request, Caller, Repository, str], Awaitable[Response]]

_VERSION = (b"docker-distribution-api-version", b"registry/2.0")


@dataclass(frozen=True)
class Endpoints:
    """The handlers of all chapters."""

    pull: PullEndpoints
    blobs: BlobPushEndpoints
    manifests: ManifestPushEndpoints
    discovery: DiscoveryEndpoints
    token: TokenEndpoints


class V2App:
    """ASGI application for everything below `/v2/`."""

    def __init__(self, gate: Gate, endpoints: Endpoints) -> None:
        """Translate requests into calls of `endpoints`."""
        self._gate, self._endpoints = gate, endpoints
        self._routes = routes(endpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong has the spec's JSON."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientGone:
            return
        except asyncio.CancelledError:  # the server ends and has waited long enough
            response = self._refuse(request, Unavailable("the registry is going down; send the request again"))
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            response = self._refuse(request, error)
        response.raw_headers.append(_VERSION)
        await response(scope, receive, send)

    def _refuse(self, request: Request, error: Exception) -> Response:
        response = error_response(error, request.scope["path"])
        response.raw_headers.append((REQUEST_ID, request_id(request.scope).encode()))
        if isinstance(error, Unauthorized):
            response.headers["WWW-Authenticate"] = self._gate.challenges.header(request, wanted(request), error)
        return response

    async def _answer(self, request: Request) -> Response:
        path: str = request.scope["path"]
        if path == "/v2/token":
            return await self._token(request)
        target = find(path)
        caller = await self._gate.caller(request, target)
        if b"%2f" in request.scope["raw_path"].lower():  # two readers of such a path may see two repositories
            raise NameInvalid("an encoded slash cannot be part of a name")
        if path in ("/v2/", "/v2", "/v2/_catalog"):
            return await self._root(request, path, caller)
        if not target:
            raise EndpointUnknown("no endpoint of the distribution API has this path", {"path": path[:300]})
        handler = _allowed(self._routes[target.kind], request.method)
        repository = Repository.parse(target.name)
        if target.kind != "upload" and request.method in READS:
            self._gate.access.check_pull(caller, repository)
        return await handler(request, caller, repository, target.argument)

    async def _token(self, request: Request) -> Response:
        token, header = self._endpoints.token, authorization(request.scope)
        if request.method == "POST":
            return await token.post_token(request, header)
        if request.method == "GET":
            return await token.get_token(request, header)
        raise MethodUnsupported(f"{request.method[:20]} is not supported here", ("GET", "POST"))

    async def _root(self, request: Request, path: str, caller: Caller) -> Response:
        if request.method not in READS:
            raise MethodUnsupported(f"{request.method[:20]} is not supported here", READS)
        self._gate.access.check_read(caller)
        if path == "/v2/_catalog":
            return await self._endpoints.discovery.catalog(request)
        return Response("{}", media_type="application/json")  # end-1


def routes(endpoints: Endpoints) -> dict[str, dict[str, Handler]]:
    """Which handler answers which method, by what the path names."""
    pull, blobs, manifests, discovery = endpoints.pull, endpoints.blobs, endpoints.manifests, endpoints.discovery
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


def _allowed(methods: Mapping[str, Handler], method: str) -> Handler:
    if method in methods:
        return methods[method]
    if method == "DELETE":  # end-9, end-10: chapter "Content Management"
        raise MethodUnsupported(
            "content is never deleted here: images stay, so that deployments can be reproduced and audited", methods
        )
    raise MethodUnsupported(f"{method[:20]} is not supported here; use {', '.join(methods)}", methods)
