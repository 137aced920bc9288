"""Tags by the digest of what they hold."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from pierone_core.catalogue import Catalogue
from pierone_core.discovery import Page
from pierone_core.errors import QueryInvalid, RegistryError
from pierone_core.ports import TaggedRepository
from pierone_core.values import Digest, Repository, Tag
from pierone_http.api import models, views
from pierone_http.api.errors import documented
from pierone_http.api.paging import After, Limit, answer
from pierone_http.work import Work

Prefix = Annotated[
    str,
    Path(
        description="digest, or the beginning of it, of a config (what Docker shows as the image's id), a manifest, or "
        "one of an index",
        max_length=200,
        examples=["sha256:2c26b46b68"],
    ),
]


@dataclass(frozen=True)
class ImageRoutes:
    """Handlers that translate requests into calls of `pierone_core.catalogue`."""

    catalogue: Catalogue
    work: Work

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(responses=documented(404, 412))
        router.add_api_route("/tags/{image}", self.tags_of_image, response_model=list[models.TaggedImage])
        return router

    async def tags_of_image(self, request: Request, image: Prefix, limit: Limit = None, after: After = "") -> Response:
        """Tags that hold an image: 404 if there is none, 412 if the prefix fits several images."""
        digest = await self.work.read(self.catalogue.image, image)
        return await answer(request, limit, after, partial(self._tags, digest), views.tagged)

    async def _tags(self, digest: Digest, limit: int, after: str) -> Page[TaggedRepository]:
        return await self.work.read(self.catalogue.tags_of_image, digest, limit, _last(after))


def _last(after: str) -> TaggedRepository | None:
    if not after:
        return None
    name, _, tag = after.rpartition(":")
    try:
        return TaggedRepository(Repository.parse(name), Tag.parse(tag))
    except RegistryError as error:
        raise QueryInvalid("after must be <team>/<artifact>:<tag>, the last of the page before") from error
