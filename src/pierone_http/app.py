"""The whole server as one ASGI application: the data plane at `/v2/`, FastAPI for everything else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pierone_core.ports import Identity, Metadata, TokenIssuer
from pierone_core.registry import Registry
from pierone_core.scm_claim import ScmClaims
from pierone_http import logs
from pierone_http.api.access import Readers
from pierone_http.api.app import DESCRIPTION, TITLE, ApiParts, install
from pierone_http.auth import Authentication
from pierone_http.challenge import Challenges
from pierone_http.health import Readiness
from pierone_http.judgement import Judgement
from pierone_http.settings import Settings
from pierone_http.sweeper import Sweeper
from pierone_http.together import Together
from pierone_http.upload_pass import UploadPasses
from pierone_http.v2.app import Endpoints, V2App
from pierone_http.v2.discovery import DiscoveryEndpoints
from pierone_http.v2.gate import Gate
from pierone_http.v2.pull import PullEndpoints
from pierone_http.v2.push_blobs import BlobPushEndpoints
from pierone_http.v2.push_manifests import ManifestPushEndpoints
from pierone_http.v2.token import TokenEndpoints
from pierone_http.work import Work

# Identity sources may be slow, and anybody may have them asked: they may not take the threads of pulls and pushes.
# Those that ask only wait, so there may be many.
_IDENTITY_THREADS = 32


class App:
    """ASGI entry: one look at the path sends a request to its side, and lifespan to FastAPI."""

    def __init__(self, v2: ASGIApp, api: ASGIApp, readiness: Readiness, gate: Gate) -> None:
        """`v2` answers `/v2` and below, and refuses what is no path; `readiness` is denied before the end."""
        self._v2, self._api = v2, api
        self.readiness, self.gate = readiness, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        logs.enter(scope)
        is_v2 = scope["type"] == "http" and _is_v2(scope["path"])
        await (self._v2 if is_v2 else self._api)(scope, receive, send)


def _is_v2(path: str) -> bool:
    """Whether clients of the distribution API meant `path`; what is no path (`*`) is refused as they know it."""
    return not path.startswith("/") or path.lstrip("/").partition("/")[0] == "v2"


@dataclass(frozen=True)
class Parts:
    """What the edge is composed of."""

    registry: Registry
    metadata: Metadata
    identity: Identity
    issuer: TokenIssuer
    pass_keys: Sequence[bytes]
    api: ApiParts
    claims: ScmClaims


def create_app(parts: Parts, settings: Settings) -> App:
    """Compose the edge; `container` does it for the server, embedders may do it themselves."""
    together = Together()
    work = Work(prompt=parts.metadata.prompt, together=together if parts.metadata.prompt else None)
    authentication = Authentication(parts.identity, parts.issuer, Work(prompt=False, threads=_IDENTITY_THREADS))
    gate = Gate(
        authentication=authentication,
        access=parts.registry.access,
        passes=UploadPasses(parts.pass_keys, settings.upload_max_age),
        challenges=Challenges(basic=settings.challenge == "basic", trusted_proxies=settings.trusted_proxies),
    )
    push, alone = parts.registry.push_blobs, parts.metadata.alone
    sweeper = Sweeper(push, alone, Work(prompt=False, threads=1), settings.upload_max_age, settings.sweep_interval)
    readiness = Readiness({"database": parts.metadata.check, "store": push.store.check})
    v2 = V2App(gate, _endpoints(parts, settings, work, gate, together))
    api = logs.Identified(_api(sweeper, readiness, parts, gate, work, together))
    return App(_logged(v2, settings), _logged(api, settings), readiness, gate)


def _logged(app: ASGIApp, settings: Settings) -> ASGIApp:
    return logs.AccessLog(app) if settings.access_log else app


def _endpoints(parts: Parts, settings: Settings, work: Work, gate: Gate, together: Together) -> Endpoints:
    registry, patience = parts.registry, settings.body_timeout
    passes = None if parts.identity.nobody.unrestricted else gate.passes
    # A store that hangs takes these threads; manifests and tags go on.
    is_near = parts.metadata.prompt and registry.push_blobs.store.prompt
    blob_work = Work(prompt=parts.metadata.prompt, together=together if is_near else None)
    judgement = Judgement(registry.access)
    return Endpoints(
        pull=PullEndpoints(registry.pull, work, blob_work, patience),
        blobs=BlobPushEndpoints(registry.push_blobs, blob_work, judgement, passes, patience),
        manifests=ManifestPushEndpoints(
            registry.push_manifests, parts.claims, work, judgement, patience, settings.manifest_max_bytes
        ),
        discovery=DiscoveryEndpoints(registry.discovery, work),
        token=TokenEndpoints(gate.authentication, registry.access, parts.issuer, work, judgement, patience),
    )


def _api(sweeper: Sweeper, readiness: Readiness, parts: Parts, gate: Gate, work: Work, together: Together) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with together.running():
            async with sweeper.running():
                yield
        parts.metadata.close()

    api = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=version("pierone"),
        lifespan=lifespan,
        docs_url=None,  # both pages would load scripts from elsewhere, and one of them takes tokens
        redoc_url=None,
    )
    install(api, parts.api, Readers(gate.authentication, gate.access), gate.challenges, work)

    @api.get("/.well-known/health")
    async def health() -> dict[str, bool]:
        """Whether the server runs; asks nobody else."""
        return {"health": True}

    @api.get("/.well-known/ready", response_class=JSONResponse)
    async def ready() -> JSONResponse:
        """Whether requests should be sent here: database and store answer, and the server is not about to end."""
        return await readiness.response()

    @api.get("/.well-known/jwks.json")
    async def keys() -> dict[str, list[dict[str, str]]]:
        """The public keys of the tokens that the registry issues (RFC 7517)."""
        return parts.issuer.published()

    return api
