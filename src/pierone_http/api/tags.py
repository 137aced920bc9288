"""Tags of a repository, what they hold, where it comes from, and what happened."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from pierone_core.catalogue import Catalogue
from pierone_core.discovery import Page
from pierone_core.errors import ManifestUnknown, NameUnknown
from pierone_core.ports import TagEntry
from pierone_core.records import Event
from pierone_core.scm_search import FoundScmSource, LayersUnread, ScmSearch
from pierone_core.values import Repository
from pierone_http.api import models, views
from pierone_http.api.access import ReadableRepository, tag_of
from pierone_http.api.errors import documented
from pierone_http.api.paging import After, Limit, PageLimit, answer, sequence
from pierone_http.api.readings import OtherReading, ShorterRepository
from pierone_http.work import Work

TagText = Annotated[str, Path(description="`latest` is the newest tag", examples=["cd42"])]
Order = Annotated[Literal["asc", "desc"], Query(description="oldest first, or newest first")]
_PATH = "/teams/{team}/artifacts/{artifact:path}"


@dataclass(frozen=True)
class TagRoutes:
    """Handlers that translate requests into calls of `pierone_core.catalogue` and `scm_search`.

    Layers are read for seconds, hence `search_work`: not in the threads of pulls and pushes. Whoever asks for what was
    found before does not wait for that.
    """

    catalogue: Catalogue
    scm_search: ScmSearch
    work: Work
    search_work: Work

    @property
    def other(self) -> OtherReading:
        """What a path means besides."""
        return OtherReading(self.catalogue, self.work)

    def router(self) -> APIRouter:
        """The routes. Of two that fit a path, the first is taken: the one for which the artifact is longer."""
        router = APIRouter(responses=documented(404))
        router.add_api_route(_PATH + "/tags", self.tags, response_model=list[models.TagItem])
        router.add_api_route(_PATH + "/events", self.events, response_model=list[models.EventItem])
        router.add_api_route(_PATH + "/tags/{tag}", self.tag, response_model=models.TagDetailItem)
        router.add_api_route(_PATH + "/tags/{tag}/scm-source", self.scm_source)
        router.add_api_route("/pushes", self.pushes, response_model=list[models.EventItem])
        return router

    async def tags(
        self,
        request: Request,
        repository: ReadableRepository,
        shorter: ShorterRepository,
        order: Order = "asc",
        limit: Limit = None,
        after: After = "",
    ) -> Response:
        """Tags in the order of their creation, signatures and the like among them; `latest` is none of them."""
        fetch = partial(self._tags, repository, order)
        try:
            return await answer(request, limit, after, fetch, views.tag)
        except NameUnknown as unknown:
            return _json(await self._detail(await self.other.tag(shorter, "tags", unknown)))

    async def tag(
        self, repository: ReadableRepository, shorter: ShorterRepository, tag: TagText
    ) -> models.TagDetailItem | Response:
        """A tag with what it holds: sizes, platforms, labels, source."""
        try:
            entry = await self.work.read(self.catalogue.tag, repository, tag_of(tag))
        except ManifestUnknown as unknown:
            if tag != "scm-source":
                raise
            return _json(await self._source(await self.other.tag(shorter, "tags", unknown)))
        return await self._detail(entry)

    async def scm_source(self, repository: ReadableRepository, tag: TagText) -> models.ScmSourceItem:
        """Where the image comes from.

        What the header X-SCM-Source of the push said, else what scm-source.json in the topmost layer that has one says,
        else what the annotations `org.opencontainers.image.source`, `.revision` and `.authors` of manifest or config
        say.
        """
        return await self._source(await self.work.read(self.catalogue.tag, repository, tag_of(tag)))

    async def events(
        self,
        request: Request,
        repository: ReadableRepository,
        shorter: ShorterRepository,
        order: Order = "asc",
        limit: Limit = None,
        after: After = "",
    ) -> Response:
        """What happened to a repository: who stored which manifest and bound which tag, when."""
        sequence(after)
        fetch = partial(self._events, repository, order)
        try:
            return await answer(request, limit, after, fetch, views.event)
        except NameUnknown as unknown:
            return _json(await self._detail(await self.other.tag(shorter, "events", unknown)))

    async def pushes(self, request: Request, limit: PageLimit = 100, after: After = "") -> Response:
        """The newest bindings of tags in all repositories, the newest first."""
        sequence(after)
        return await answer(request, limit, after, self._pushes, views.event)

    async def _detail(self, entry: TagEntry) -> models.TagDetailItem:
        detail = await self.work.fetch(self.catalogue.describe, entry)
        return views.tag_detail(detail, await self._found(entry))

    async def _source(self, entry: TagEntry) -> models.ScmSourceItem:
        found = await self._found(entry)
        if found is None:
            raise ManifestUnknown(
                f"{entry.repository}:{entry.tag} does not say where it comes from: add scm-source.json to the image, "
                "or label it with org.opencontainers.image.source"
            )
        return views.scm_source(entry, found)

    async def _found(self, entry: TagEntry) -> FoundScmSource | None:
        try:
            return await self.work.fetch(self.scm_search.recall, entry)
        except LayersUnread:
            return await self.search_work.run(self.scm_search.find, entry)

    async def _tags(self, repository: Repository, order: str, limit: int, after: str) -> Page[TagEntry]:
        last = tag_of(after) if after else None
        return await self.work.read(self.catalogue.tags, repository, limit, last, newest_first=order == "desc")

    async def _events(self, repository: Repository, order: str, limit: int, after: str) -> Page[Event]:
        newest_first = order == "desc"
        return await self.work.read(
            self.catalogue.events, repository, limit, sequence(after), newest_first=newest_first
        )

    async def _pushes(self, limit: int, after: str) -> Page[Event]:
        return await self.work.read(self.catalogue.pushes, limit, sequence(after))


def _json(shown: BaseModel) -> Response:
    return Response(shown.model_dump_json(), media_type="application/json")
