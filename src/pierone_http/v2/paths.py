"""What the paths below `/v2/` name.

A repository may have components called blobs, manifests, tags or uploads, so paths are read from the right.
"""

import re
from typing import NamedTuple

from starlette.requests import Request

from pierone_core.caller import PULL, PUSH
from pierone_core.errors import NameInvalid
from pierone_core.values import Repository

READS = ("GET", "HEAD")

_PATH = re.compile(
    r"/v2/(?P<name>.+)/(?:manifests/(?P<manifest>[^/]+)|blobs/uploads/(?P<upload>[^/]+)|(?P<uploads>blobs/uploads/?)"
    r"|blobs/(?P<blob>[^/]+)|(?P<tags>tags/list)|referrers/(?P<referrers>[^/]+))"
)


class Target(NamedTuple):
    """What a path names: the kind of thing, in which repository, and which one."""

    kind: str
    name: str
    argument: str


def find(path: str) -> Target | None:
    """What `path` names, if it is a path below a repository."""
    match = _PATH.fullmatch(path)
    if not match:
        return None
    kind = match.lastgroup or ""
    return Target(kind, match["name"], match[kind])


def wanted(request: Request) -> str:
    """The token scope that a request needs (a mount needs two)."""
    target = find(request.scope["path"])
    if not target:
        return ""
    if request.method in READS and target.kind != "upload":
        return _scope(target.name, PULL)
    source = request.query_params.get("from")
    return " ".join([_scope(target.name, f"{PULL},{PUSH}"), *([_scope(source, PULL)] if source else [])]).strip()


def _scope(name: str, actions: str) -> str:
    try:
        return f"repository:{Repository.parse(name)}:{actions}"
    except NameInvalid:  # it goes into a header
        return ""


def reads_content(request: Request, target: Target | None) -> bool:
    """Whether a request only reads what was pushed."""
    is_catalog = request.scope["path"] == "/v2/_catalog"
    return request.method in READS and (is_catalog or (target is not None and target.kind != "upload"))
