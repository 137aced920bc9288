"""Spec chapter "Pull": GET and HEAD of manifests and blobs."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pierone_core.caller import Caller
from pierone_core.errors import ManifestUnknown, TagInvalid
from pierone_core.ports import BlobReader
from pierone_core.pull import Pull
from pierone_core.values import Digest, Repository, Tag, parse_reference
from pierone_http.kept_answers import KEEP, Offer
from pierone_http.sendfile import EXTENSION
from pierone_http.v2.conditions import etag, is_fresh, requested_range
from pierone_http.whole_answer import WholeResponse
from pierone_http.work import Work

CHUNK_BYTES = 1 << 20
FOR_EVER = "max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NEVER_KEPT = "no-store"


@dataclass(frozen=True)
class PullEndpoints:
    """Handlers that translate requests into calls of `pierone_core.pull`."""

    pull: Pull
    work: Work
    blob_work: Work
    patience: float

    async def get_manifest(self, request: Request, _caller: Caller, repository: Repository, reference: str) -> Response:
        """GET, HEAD /v2/<name>/manifests/<tag-or-digest> (end-3). The stored type is sent, whatever is accepted."""
        wanted = _find_reference(reference)
        # Above the newest tag there may be thousands of signatures: too long for the event loop.
        read = self.work.fetch if isinstance(wanted, Tag) and wanted.is_latest else self.work.read
        stored, final = await read(self.pull.get_manifest, repository, wanted)
        headers = _headers(stored.digest, FOR_EVER if final else ASK_AGAIN)
        if is_fresh(request.headers, str(stored.digest)):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = stored.media_type
        if not final:
            return WholeResponse(stored.data, headers=headers)
        return FinalResponse(repository, stored.data, headers)

    async def get_blob(self, request: Request, _caller: Caller, repository: Repository, digest_text: str) -> Response:
        """GET, HEAD /v2/<name>/blobs/<digest> (end-2), whole or one range."""
        digest = Digest.parse(digest_text)
        size = await self.work.read(self.pull.blob_size, repository, digest)
        headers = _headers(digest, FOR_EVER) | {
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        if is_fresh(request.headers, digest_text):
            return Response(status_code=304, headers=headers)
        if request.method == "HEAD":
            return FinalResponse(repository, None, headers | {"Content-Length": str(size)})
        part = requested_range(request.headers, size, str(digest))
        offer = _offer(request.scope)
        if offer and part is None and offer.kept.wants_blob(offer.target, size):
            return await self._send_whole(repository, digest, size, headers)
        return await self._send(request, digest, size, part, headers)

    async def _send_whole(self, repository: Repository, digest: Digest, size: int, headers: dict[str, str]) -> Response:
        found = await self.blob_work.fetch(self.pull.find_whole_blob, digest, size)
        return _redirect(digest, found) if isinstance(found, str) else SmallBlobResponse(repository, found, headers)

    async def _send(
        self, request: Request, digest: Digest, size: int, part: tuple[int, int] | None, headers: dict[str, str]
    ) -> Response:
        start, stop = part or (0, size)
        found = await self.blob_work.fetch(self.pull.find_blob, digest, start, stop)
        if isinstance(found, str):
            return _redirect(digest, found)
        headers["Content-Length"] = str(stop - start)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return self._stream(request, found, 206 if part else 200, headers)

    def _stream(self, request: Request, reader: BlobReader, status: int, headers: dict[str, str]) -> Response:
        if reader.extent and EXTENSION in request.scope.get("extensions", ()):
            return FileResponse(reader, self.patience, status, headers)
        return ChunkedResponse(reader, self.blob_work, status, headers)


class FinalResponse(WholeResponse):
    """An answer that is the same for ever, and says so to whoever keeps answers; see `kept_answers`."""

    def __init__(self, repository: Repository, content: bytes | None, headers: dict[str, str]) -> None:
        """`content` of `repository`; None: this answers HEAD alone."""
        super().__init__(content, headers=headers)
        self.repository, self.content = repository, content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, and have it kept."""
        await super().__call__(scope, receive, send)
        if offer := _offer(scope):
            self.keep(offer)

    def keep(self, offer: Offer) -> None:
        """Have it kept."""
        offer.kept.keep(offer.target, self.repository, self.raw_headers, self.content)


class SmallBlobResponse(FinalResponse):
    """The same for a blob that was verified."""

    def keep(self, offer: Offer) -> None:
        """Have it kept."""
        offer.kept.keep_blob(offer.target, self.repository, self.raw_headers, bytes(self.body))


class FileResponse(Response):
    """Sends a reader's extent by `sendfile`; closes the reader."""

    def __init__(self, reader: BlobReader, patience: float, status: int, headers: dict[str, str]) -> None:
        """`headers` have the Content-Length."""
        super().__init__(None, status, headers)
        self._reader, self._patience = reader, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Headers by ASGI, the body past it."""
        extent = self._reader.extent
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if extent:
                await scope["extensions"][EXTENSION](*extent, self._patience)
            await send({"type": "http.response.body"})
        finally:
            self._reader.close()


class ChunkedResponse(Response):
    """Sends what a reader reads as long as the client is there; closes the reader.

    Starlette's StreamingResponse cancels whatever is awaited when the client hangs up, closing included.
    """

    def __init__(self, reader: BlobReader, work: Work, status: int, headers: dict[str, str]) -> None:
        """Read in threads of `work`; `headers` have the Content-Length."""
        super().__init__(None, status, headers)
        self._reader, self._work = reader, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Headers, and chunks as they are read."""
        request = Request(scope, receive)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while not await request.is_disconnected():
                chunk = await self._work.fetch(self._reader.read, CHUNK_BYTES)
                await send({"type": "http.response.body", "body": chunk, "more_body": bool(chunk)})
                if not chunk:
                    break
        finally:
            await self._work.fetch(self._reader.close)


def _find_reference(text: str) -> Tag | Digest:
    try:
        return parse_reference(text)
    except TagInvalid as error:  # nobody can have pushed it, so it is not there
        raise ManifestUnknown(error.message, error.detail) from error


def _offer(scope: Scope) -> Offer | None:
    return (scope.get("extensions") or {}).get(KEEP)


def _redirect(digest: Digest, url: str) -> Response:
    # The URL is good for whoever has it, and not for long: nobody may keep it. Clients repeat `Range` there.
    headers = {"Docker-Content-Digest": str(digest), "Cache-Control": NEVER_KEPT, "Location": url}
    return Response(status_code=307, headers=headers)


def _headers(digest: Digest, cache_control: str) -> dict[str, str]:
    return {"Docker-Content-Digest": str(digest), "ETag": etag(str(digest)), "Cache-Control": cache_control}
