"""Paths that can be read in two ways, since an artifact may have several components and a tag any name.

`/teams/team/artifacts/app/tags/tags` may be the tags of `team/app/tags`, or the tag `tags` of `team/app`. The longer
name counts; where nothing is found by it, the shorter one does.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from pierone_core.caller import Caller
from pierone_core.catalogue import Catalogue
from pierone_core.errors import ManifestUnknown, RegistryError
from pierone_core.ports import TagEntry
from pierone_core.values import Repository, Tag
from pierone_http.api.access import ReadableRepository, check_read
from pierone_http.work import Work

_TAGS = "/tags"


async def _shorter(
    request: Request, caller: Annotated[Caller, Depends(check_read)], repository: ReadableRepository
) -> Repository | None:
    if not repository.name.endswith(_TAGS):
        return None
    try:
        shorter = Repository.parse(repository.name.removesuffix(_TAGS))
        request.app.state.readers.access.check_pull(caller, shorter)
    except RegistryError:
        return None
    return shorter


# The repository of a path whose artifact ends with `tags`, without that; None if there is none the caller may read.
ShorterRepository = Annotated[Repository | None, Depends(_shorter)]


@dataclass(frozen=True)
class OtherReading:
    """The second way to read a path."""

    catalogue: Catalogue
    work: Work

    async def tag(self, shorter: Repository | None, name: str, unknown: RegistryError) -> TagEntry:
        """The tag `name` of the shorter repository; raise `unknown`, which is what became of the longer one."""
        if shorter is None:
            raise unknown
        try:
            return await self.work.read(self.catalogue.tag, shorter, Tag(name))
        except ManifestUnknown:
            raise unknown from None
