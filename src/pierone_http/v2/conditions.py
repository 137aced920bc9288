"""Conditional and range requests (RFC 9110 sections 13 and 14)."""

import re

from starlette.datastructures import Headers

from pierone_core.errors import RangeUnsatisfiable

_RANGE = re.compile(r"bytes=\s*(?=\S*\d)(\d{0,100})-(\d{0,100})\s*")


def etag(digest: str) -> str:
    """The strong validator of content that is its digest."""
    return f'"{digest}"'


def is_fresh(headers: Headers, digest: str) -> bool:
    """Whether the client has this content already (If-None-Match)."""
    sent = headers.get("if-none-match")
    if sent is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag(digest), "*") for tag in sent.split(","))


def requested_range(headers: Headers, size: int, digest: str) -> tuple[int, int] | None:
    """Bytes [start, stop) that the client wants of `size`; None for all of them.

    More than one range, other units and a failed If-Range are answered with the whole content, as RFC 9110
    allows; so are the last bytes of none, which can be satisfied (section 14.1.2) and have no `Content-Range`.
    Raises `RangeUnsatisfiable`.
    """
    match = _RANGE.fullmatch(headers.get("range", ""))
    if not match or headers.get("if-range", etag(digest)) != etag(digest):
        return None
    first, last = match.groups()
    if not size and not first and int(last):
        return None
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise RangeUnsatisfiable(f"the blob has {size} bytes, none in {headers['range']}", size)
    return start, stop
