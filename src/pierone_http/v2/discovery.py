"""Spec chapter "Content Discovery": tags/list, _catalog, referrers."""

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from pierone_core.caller import Caller
from pierone_core.discovery import Discovery
from pierone_core.errors import QueryInvalid
from pierone_core.manifest import OCI_INDEX, shortest_json
from pierone_core.records import Referrer
from pierone_core.values import REPOSITORY_MAX_LENGTH, Digest, Repository
from pierone_http.whole_answer import WholeResponse
from pierone_http.work import Work

_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(rf"[!-~]{{0,{REPOSITORY_MAX_LENGTH}}}")


@dataclass(frozen=True)
class DiscoveryEndpoints:
    """Handlers that translate requests into calls of `pierone_core.discovery`."""

    discovery: Discovery
    work: Work

    async def list_tags(self, request: Request, _caller: Caller, repository: Repository, _: str) -> Response:
        """GET /v2/<name>/tags/list (end-8a, end-8b)."""
        limit, after = _paging(request.query_params)
        page = await self.work.read(self.discovery.tags, repository, limit, after)
        return _json({"name": repository.name, "tags": list(page.items)}, _link(request, page.next))

    async def catalog(self, request: Request) -> Response:
        """GET /v2/_catalog: not in the OCI spec, but in Docker's."""
        limit, after = _paging(request.query_params)
        page = await self.work.read(self.discovery.repositories, limit, after)
        return _json({"repositories": list(page.items)}, _link(request, page.next))

    async def list_referrers(self, request: Request, _caller: Caller, repository: Repository, text: str) -> Response:
        """GET /v2/<name>/referrers/<digest> (end-12a, end-12b): never 404."""
        limit, after = _paging(request.query_params)
        kind = request.query_params.get("artifactType")
        subject = Digest.parse(text)
        # Annotations may fill megabytes: too long for the event loop.
        body, following = await self.work.fetch(self._referrers, repository, subject, kind or None, limit, after)
        headers = _link(request, following)
        if kind:
            headers["OCI-Filters-Applied"] = "artifactType"
        return WholeResponse(body, headers=headers, media_type=OCI_INDEX)

    def _referrers(
        self, repository: Repository, subject: Digest, kind: str | None, limit: int | None, after: str
    ) -> tuple[bytes, str | None]:
        page = self.discovery.referrers(repository, subject, kind, limit, after)
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(map(_descriptor, page.items))}
        return shortest_json(index), page.next


def _paging(query: QueryParams) -> tuple[int | None, str]:
    number, after = query.get("n"), query.get("last", "")
    if number is not None and not _NUMBER.fullmatch(number):
        raise QueryInvalid("n must be a whole number, zero or more", {"n": number[:100]})
    if not _KEY.fullmatch(after):
        raise QueryInvalid("last must be the last item of the page before")
    return (None if number is None else int(number)), after


def _link(request: Request, following: str | None) -> dict[str, str]:
    if following is None:
        return {}
    query = {key: value for key, value in request.query_params.items() if key in ("n", "artifactType")}
    target = f"{request.url.path}?{urlencode(query | {'last': following})}"
    return {"Link": f'<{target}>; rel="next"'}


def _descriptor(referrer: Referrer) -> dict[str, object]:
    facts: dict[str, object] = {
        "mediaType": referrer.media_type,
        "digest": str(referrer.digest),
        "size": referrer.size,
    }
    if referrer.artifact_type:
        facts["artifactType"] = referrer.artifact_type
    if referrer.annotations:
        facts["annotations"] = dict(referrer.annotations)
    return facts


def _json(body: object, headers: dict[str, str]) -> Response:
    return WholeResponse(json.dumps(body), headers=headers, media_type="application/json")
