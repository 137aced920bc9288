"""Who may read by the API: the same callers and the same rules as at `/v2/`.

What stands here are dependencies of routes. They come before everything else: who may not read learns nothing.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Caller
from pierone_core.errors import ManifestUnknown, NameInvalid, NameUnknown, QueryInvalid, TagInvalid
from pierone_core.values import Repository, Tag
from pierone_http.auth import Authentication
from pierone_http.logs import CALLER
from pierone_http.v2.gate import authorization

Team = Annotated[str, Path(examples=["myteam"])]
Artifact = Annotated[str, Path(description="may have several components", examples=["myartifact"])]


@dataclass(frozen=True)
class Readers:
    """What decides who may read; the application keeps it as `app.state.readers`."""

    authentication: Authentication
    access: AccessPolicy

    async def check(self, request: Request) -> Caller:
        """Who sends `request`; raise `Unauthorized` or `Unavailable` unless that caller may read lists."""
        caller = await self.authentication.caller(authorization(request.scope))
        request.scope[CALLER] = caller.name
        self.access.check_read(caller)
        return caller


async def check_read(request: Request) -> Caller:
    """See `Readers.check`."""
    readers: Readers = request.app.state.readers
    return await readers.check(request)


async def refuse_nul(request: Request) -> None:
    """Raise `QueryInvalid` if a parameter has a NUL, which nothing has that was pushed, nor every database can take."""
    query = (text for parameter in request.query_params.multi_items() for text in parameter)
    if any("\0" in text for text in (request.scope["path"], *query)):
        raise QueryInvalid("the request has a NUL character (%00); leave it out")


async def _repository(
    request: Request, caller: Annotated[Caller, Depends(check_read)], team: Team, artifact: Artifact
) -> Repository:
    try:
        repository = Repository.parse(f"{team}/{artifact}")
    except NameInvalid as error:  # nobody can have pushed to it
        raise NameUnknown(error.message, error.detail) from error
    request.app.state.readers.access.check_pull(caller, repository)
    return repository


# The repository of a path, for a caller who may read it. Raises `Unauthorized`, `Unavailable` and `NameUnknown`.
ReadableRepository = Annotated[Repository, Depends(_repository)]


def tag_of(text: str) -> Tag:
    """The tag of a path; raise `ManifestUnknown` if it cannot be one."""
    try:
        return Tag.parse(text)
    except TagInvalid as error:
        raise ManifestUnknown(error.message, error.detail) from error
