"""Spec chapter "Push", section "Pushing Manifests"."""

from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response

from pierone_core.caller import Caller
from pierone_core.errors import QueryInvalid, TooManyTags
from pierone_core.manifest import Manifest
from pierone_core.push_manifests import ManifestPush
from pierone_core.scm_claim import ScmClaims
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Repository, Tag, parse_reference
from pierone_http.body import Body
from pierone_http.judgement import Judgement
from pierone_http.work import Work

# The spec asks for ten at least.
TAGS_AT_ONCE = 100
# A document of nothing but `{}` fills thirty times its length while it is parsed, so those above this size (hardly any)
# are taken one after the other.
_LARGE_BYTES = 128 << 10


@dataclass(frozen=True)
class ManifestPushEndpoints:
    """Handlers that translate requests into calls of `pierone_core.push_manifests`."""

    push: ManifestPush
    claims: ScmClaims
    work: Work
    judgement: Judgement
    patience: float
    max_bytes: int
    one_by_one: Work = field(default_factory=lambda: Work(prompt=False, threads=1))

    async def put_manifest(self, request: Request, caller: Caller, repository: Repository, text: str) -> Response:
        """PUT /v2/<name>/manifests/<tag-or-digest> (end-7a), with ?tag=... (end-7b): all tags or none."""
        reference = parse_reference(text)
        tags = _extra_tags(request, reference)
        source = _scm_source(request)
        # Whoever may not push is not to fill the memory first.
        await self.judgement.check_push(caller, repository)
        length = request.headers.get("content-length")
        data = await Body(request, int(length) if length else None, self.patience).whole(self.max_bytes)
        media_type = request.headers.get("content-type")
        if source:
            claimed = tags if isinstance(reference, Digest) else [reference]
            await self.work.run(self.claims.claim, caller, repository, claimed, _digest(reference, data), source)
        work = self.work if len(data) <= _LARGE_BYTES else self.one_by_one
        pushed = await work.run(self.push.put_manifest, caller, repository, reference, media_type, data, tags)
        return Response(status_code=201, headers=_headers(repository, pushed, tags))


def _extra_tags(request: Request, reference: Tag | Digest) -> list[Tag]:
    named = dict.fromkeys(request.query_params.getlist("tag"))
    tags = [Tag.parse(text) for text in named]
    if tags and isinstance(reference, Tag):
        raise QueryInvalid("?tag= goes with a push by digest: PUT .../manifests/<digest>?tag=a&tag=b")
    if len(tags) > TAGS_AT_ONCE:
        raise TooManyTags(f"at most {TAGS_AT_ONCE} tags can be bound in one request")
    return tags


def _scm_source(request: Request) -> ScmSource | None:
    """What the header X-SCM-Source says: JSON, URL-encoded as the old server took it."""
    header = request.headers.get("x-scm-source")
    return None if header is None else ScmSource.parse(unquote_to_bytes(header), closed=True)


def _digest(reference: Tag | Digest, data: bytes) -> Digest:
    return reference if isinstance(reference, Digest) else Digest.of(data)


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
