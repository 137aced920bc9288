"""The whole server as one ASGI application: the data plane at `/v2/`, FastAPI for everything else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from pierone_core.ports import Identity, Metadata
from pierone_core.registry import Registry
from pierone_http.auth import Authentication
from pierone_http.settings import Settings
from pierone_http.sweeper import Sweeper
from pierone_http.v2.app import Endpoints, V2App
from pierone_http.v2.discovery import DiscoveryEndpoints
from pierone_http.v2.pull import PullEndpoints
from pierone_http.v2.push_blobs import BlobPushEndpoints
from pierone_http.v2.push_manifests import ManifestPushEndpoints
from pierone_http.work import Work

# Checking a password is slow on purpose; guesses by the thousand must not take the threads of pulls and pushes.
_PASSWORD_THREADS = 2
CHALLENGE = 'Basic realm="Pier One"'


class App:
    """ASGI entry: one comparison sends a request to its side, and lifespan to FastAPI."""

    def __init__(self, v2: ASGIApp, api: FastAPI) -> None:
        """`v2` answers `/v2` and below."""
        self._v2, self._api = v2, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        is_v2 = scope["type"] == "http" and (scope["path"].startswith("/v2/") or scope["path"] == "/v2")
        await (self._v2 if is_v2 else self._api)(scope, receive, send)


def create_app(registry: Registry, metadata: Metadata, identity: Identity, settings: Settings) -> App:
    """Compose the edge over a registry; `container` does it for the server, embedders may do it themselves."""
    work = Work(prompt=metadata.prompt)
    endpoints = Endpoints(
        pull=PullEndpoints(registry.pull, work, settings.body_timeout),
        blobs=BlobPushEndpoints(registry.push_blobs, work, settings.body_timeout),
        manifests=ManifestPushEndpoints(
            registry.push_manifests, work, settings.body_timeout, settings.manifest_max_bytes
        ),
        discovery=DiscoveryEndpoints(registry.discovery, work),
    )
    sweeper = Sweeper(registry.push_blobs, work, settings.upload_max_age, settings.sweep_interval)
    return App(
        V2App(Authentication(identity, Work(prompt=False, threads=_PASSWORD_THREADS)), endpoints, CHALLENGE),
        _api(sweeper, metadata),
    )


def _api(sweeper: Sweeper, metadata: Metadata) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with sweeper.running():
            yield
        metadata.close()

    api = FastAPI(title="Pier One", lifespan=lifespan)

    @api.get("/.well-known/health")
    async def health() -> dict[str, bool]:
        """Whether the server runs."""
        return {"health": True}

    return api
