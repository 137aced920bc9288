"""Spec chapter "Push", section "Pushing Manifests"."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from pierone_core.caller import Caller
from pierone_core.errors import QueryInvalid, TooManyTags
from pierone_core.manifest import Manifest
from pierone_core.push_manifests import ManifestPush
from pierone_core.values import Digest, Repository, Tag, parse_reference
from pierone_http.body import Body
from pierone_http.work import Work

# The spec asks for ten at least.
TAGS_AT_ONCE = 100


@dataclass(frozen=True)
class ManifestPushEndpoints:
    """Handlers that translate requests into calls of `pierone_core.push_manifests`."""

    push: ManifestPush
    work: Work
    patience: float
    max_bytes: int

    async def put_manifest(self, request: Request, caller: Caller, repository: Repository, text: str) -> Response:
        """PUT /v2/<name>/manifests/<tag-or-digest> (end-7a), with ?tag=... (end-7b): all tags or none."""
        reference = parse_reference(text)
        tags = _extra_tags(request, reference)
        length = request.headers.get("content-length")
        data = await Body(request, int(length) if length else None, self.patience).whole(self.max_bytes)
        media_type = request.headers.get("content-type")
        pushed = await self.work.run(self.push.put_manifest, caller, repository, reference, media_type, data, tags)
        return Response(status_code=201, headers=_headers(repository, pushed, tags))


def _extra_tags(request: Request, reference: Tag | Digest) -> list[Tag]:
    tags = [Tag.parse(text) for text in request.query_params.getlist("tag")]
    if tags and isinstance(reference, Tag):
        raise QueryInvalid("?tag= goes with a push by digest: PUT .../manifests/<digest>?tag=a&tag=b")
    if len(tags) > TAGS_AT_ONCE:
        raise TooManyTags(f"at most {TAGS_AT_ONCE} tags can be bound in one request")
    return tags


def _headers(repository: Repository, pushed: Manifest, tags: list[Tag]) -> dict[str, str]:
    headers = {
        "Location": f"/v2/{repository}/manifests/{pushed.digest}",
        "Docker-Content-Digest": str(pushed.digest),
    }
    if pushed.subject:
        headers["OCI-Subject"] = str(pushed.subject)
    if tags:
        headers["OCI-Tag"] = ", ".join(tag.name for tag in tags)
    return headers
