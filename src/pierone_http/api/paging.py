"""Lists: a page if the client asks for one, else all of it, since clients of the old server know no pages.

A whole list is sent while it is read, page by page, so that it takes no more memory than one.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from pierone_core.catalogue import PAGE_LIMIT
from pierone_core.discovery import Page
from pierone_core.errors import QueryInvalid

Item = TypeVar("Item")
Fetch = Callable[[int, str], Awaitable[Page[Item]]]

Limit = Annotated[
    int | None,
    Query(ge=1, description=f"a page of so many, at most {PAGE_LIMIT}; without it the list is whole", examples=[20]),
]
PageLimit = Annotated[int, Query(ge=1, description=f"at most {PAGE_LIMIT}", examples=[20])]
After = Annotated[str, Query(max_length=400, description="the last item of the page before; the `Link` header has it")]


async def answer(
    request: Request, limit: int | None, after: str, fetch: Fetch[Item], show: Callable[[Item], object]
) -> Response:
    """A page of at most `limit`, with a `Link` to the next; or the whole list after `after`."""
    page = await fetch(min(limit or PAGE_LIMIT, PAGE_LIMIT), after)
    if limit is None and page.next is not None:
        return StreamingResponse(_whole(page, fetch, show), media_type="application/json")
    return Response(json.dumps([show(item) for item in page.items]), headers=_link(request, page.next))


def sequence(after: str) -> int | None:
    """The sequence of an event, None for the beginning; raise `QueryInvalid`."""
    if not after:
        return None
    if after.isascii() and after.isdigit() and len(after) <= 18:  # noqa: PLR2004 - fits 64 bits
        return int(after)
    raise QueryInvalid("after must be the sequence of the last event of the page before")


async def _whole(page: Page[Item], fetch: Fetch[Item], show: Callable[[Item], object]) -> AsyncIterator[str]:
    separator = "["
    async for part in pages(page, fetch):
        yield separator + ", ".join(json.dumps(show(item)) for item in part.items)
        separator = ", "
    yield "]"


async def pages(page: Page[Item], fetch: Fetch[Item]) -> AsyncIterator[Page[Item]]:
    """`page` and all that follow."""
    yield page
    while page.next is not None:
        page = await fetch(PAGE_LIMIT, page.next)
        yield page


def _link(request: Request, after: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if after is None:
        return headers
    query = {key: value for key, value in request.query_params.items() if key != "after"}
    return headers | {"Link": f'<{request.url.path}?{urlencode(query | {"after": after})}>; rel="next"'}
