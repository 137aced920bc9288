"""What clients still read of Docker's registry API of 2014: tags, search. Nothing can be pushed by it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from pierone_core.catalogue import PAGE_LIMIT, Catalogue
from pierone_core.discovery import Page
from pierone_core.errors import EndpointUnknown, ManifestUnknown, MethodUnsupported, NameUnknown
from pierone_core.ports import TagEntry
from pierone_core.values import LATEST, Repository, Tag
from pierone_http.api import models
from pierone_http.api.access import ReadableRepository, tag_of
from pierone_http.api.errors import documented
from pierone_http.api.paging import Fetch, pages
from pierone_http.api.readings import OtherReading, ShorterRepository
from pierone_http.work import Work

_PATH = "/v1/repositories/{team}/{artifact:path}/tags"
_LATEST = Tag(LATEST)


@dataclass(frozen=True)
class V1Routes:
    """Handlers that translate requests into calls of `pierone_core.catalogue`."""

    catalogue: Catalogue
    work: Work

    def router(self) -> APIRouter:
        """The routes that read."""
        router = APIRouter(deprecated=True)
        router.add_api_route(_PATH, self.tags, response_model=dict[str, str], responses=documented(404))
        router.add_api_route(_PATH + "/{tag}", self.tag, response_model=str, responses=documented(404))
        router.add_api_route("/v1/search", self.search)
        return router

    async def tags(self, repository: ReadableRepository, shorter: ShorterRepository) -> Response:
        """All tags of a repository with their images, and the newest one as `latest`."""
        fetch = partial(self._tags, repository)
        try:
            first = await fetch(PAGE_LIMIT, "")
        except NameUnknown as unknown:
            entry = await OtherReading(self.catalogue, self.work).tag(shorter, "tags", unknown)
            return Response(json.dumps(str(entry.image)), media_type="application/json")
        latest = await self._latest(repository)
        return StreamingResponse(_map(latest, first, fetch), media_type="application/json")

    async def tag(self, repository: ReadableRepository, tag: str) -> str:
        """The image that a tag holds."""
        entry = await self.work.read(self.catalogue.tag, repository, tag_of(tag))
        return str(entry.image)

    async def search(
        self,
        q: Annotated[str, Query(max_length=300)] = "",
        n: Annotated[int, Query(ge=1, le=100)] = 25,
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> models.SearchResults:
        """Repositories whose name or artifact begins with `q`."""
        found = await self.work.read(self.catalogue.search, q)
        shown = found[(page - 1) * n : page * n]
        return models.SearchResults(
            results=[models.SearchResult(name=repository.name) for repository in shown],
            query=q,
            page=page,
            page_size=n,
            num_pages=max(1, -(-len(found) // n)),
            num_results=len(found),
        )

    async def _tags(self, repository: Repository, limit: int, after: str) -> Page[TagEntry]:
        last = Tag(after) if after else None
        return await self.work.read(self.catalogue.tags, repository, limit, last)

    async def _latest(self, repository: Repository) -> str | None:
        try:
            return str((await self.work.read(self.catalogue.tag, repository, _LATEST)).image)
        except ManifestUnknown:  # nothing, or nothing but signatures
            return None


async def ping() -> bool:
    """Say that there is an API; `docker search` asks before it searches."""
    return True


async def refuse(request: Request) -> Response:
    """Say what became of the rest of the old API."""
    if request.method == "GET":
        raise EndpointUnknown("of the API below /v1/ only tags and search are left; Docker 1.10 or newer pulls by /v2/")
    raise MethodUnsupported(
        f"{request.method[:20]} is not supported below /v1/: its images have no digests and cannot be immutable; "
        "push with Docker 1.10 or newer, which uses /v2/",
        ("GET",),
    )


async def _map(latest: str | None, first: Page[TagEntry], fetch: Fetch[TagEntry]) -> AsyncIterator[str]:
    newest = [_member(LATEST, latest)] if latest else []
    separator = "{"
    async for page in pages(first, fetch):
        members = newest + [_member(entry.tag.name, str(entry.image)) for entry in page.items]
        yield separator + ", ".join(members)
        newest, separator = [], ", "
    yield "}"


def _member(name: str, image: str) -> str:
    return f"{json.dumps(name)}: {json.dumps(image)}"
