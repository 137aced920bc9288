"""The Pier One API as a part of a FastAPI application."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware

from pierone_core.catalogue import Catalogue
from pierone_core.scm_search import ScmSearch
from pierone_http.api import errors, v1
from pierone_http.api.access import Readers, check_read, refuse_nul
from pierone_http.api.images import ImageRoutes
from pierone_http.api.pages import page_routes
from pierone_http.api.tags import TagRoutes
from pierone_http.api.teams import TeamRoutes
from pierone_http.challenge import Challenges
from pierone_http.work import Work

TITLE = "Pier One API"  # clients of the old server look for these words
DESCRIPTION = """Docker and OCI registry with immutable tags. Images are pushed and pulled by `/v2/`, the OCI
distribution API; this is what there is beside it. With a source of identity every request needs `Authorization`:
`Bearer TOKEN`, or Basic `oauth2:TOKEN`. Errors are problem JSON."""
# Layers that are searched at once.
_SEARCH_THREADS = 2
# Those that wait for it, each of which may take `scm_search.SEARCH_SECONDS`. Whoever comes then asks again.
_SEARCHES_WAITING = 30


@dataclass(frozen=True)
class ApiParts:
    """What the API is a translation of."""

    catalogue: Catalogue
    scm_search: ScmSearch


def install(api: FastAPI, parts: ApiParts, readers: Readers, challenges: Challenges, work: Work) -> None:
    """Add the routes, and the form of errors, to `api`."""
    api.state.readers = readers
    errors.install(api, challenges)
    # What pages of other origins may do: read, with the token that they have. There are no cookies.
    api.add_middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["Authorization"], expose_headers=["Link"])
    search_work = Work(prompt=False, threads=_SEARCH_THREADS, waiting=_SEARCHES_WAITING)
    api.include_router(page_routes())
    routers = (
        TeamRoutes(parts.catalogue, work).router(),
        TagRoutes(parts.catalogue, parts.scm_search, work, search_work).router(),
        ImageRoutes(parts.catalogue, work).router(),
        v1.V1Routes(parts.catalogue, work).router(),
    )
    for router in routers:
        api.include_router(router, dependencies=_DEPENDENCIES, responses=errors.documented(400, 401, 503))
    api.include_router(_rest_of_v1())


_DEPENDENCIES = [
    Depends(check_read),
    Depends(refuse_nul),
    Depends(HTTPBearer(auto_error=False, description="a token, or none")),
]


def _rest_of_v1() -> APIRouter:
    router = APIRouter(deprecated=True)
    router.add_api_route("/v1/_ping", v1.ping)
    methods = ["GET", "PUT", "POST", "PATCH", "DELETE"]
    router.add_api_route("/v1/{path:path}", v1.refuse, methods=methods, include_in_schema=False)
    return router
