"""Spec chapter "Push", section "Pushing blobs": upload sessions, single POST, mount."""

import asyncio
import re
from contextlib import closing
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from pierone_core.caller import PUSH, Caller
from pierone_core.errors import (
    BlobUploadInvalid,
    BlobUploadUnknown,
    Denied,
    DigestInvalid,
    NameInvalid,
    SizeInvalid,
    Unauthorized,
)
from pierone_core.ports import UploadWriter
from pierone_core.push_blobs import BlobPush
from pierone_core.records import UploadSession
from pierone_core.values import Digest, Repository
from pierone_http.body import Body
from pierone_http.errors import upload_range
from pierone_http.judgement import Judgement
from pierone_http.receiving import diverted
from pierone_http.upload_pass import PARAMETER, UploadPasses
from pierone_http.work import Work

_CONTENT_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


@dataclass(frozen=True)
class BlobPushEndpoints:
    """Handlers that translate requests into calls of `pierone_core.push_blobs`."""

    push: BlobPush
    work: Work
    judgement: Judgement
    passes: UploadPasses | None
    patience: float

    async def post_upload(self, request: Request, caller: Caller, repository: Repository, _: str) -> Response:
        """POST /v2/<name>/blobs/uploads/ (end-4a, end-4b, end-4c, end-11)."""
        await self.judgement.check_push(caller, repository)
        query = request.query_params
        if "mount" in query and await self._mount(caller, repository, query["mount"], query.get("from")):
            return _created(repository, Digest.parse(query["mount"]))
        if "digest" in query and "mount" not in query:
            return await self._post_whole(request, caller, repository, Digest.parse(query["digest"]))
        algorithm = query.get("digest-algorithm", "sha256")
        session = await self.work.run(self.push.start_upload, caller, repository, algorithm)
        return self._accepted(session, 0, 202)

    async def patch_upload(self, request: Request, caller: Caller, repository: Repository, upload_id: str) -> Response:
        """PATCH <blob-push-location> (end-5): a chunk, or the whole body streamed."""
        session = await self.work.read(self.push.resume, caller, repository, upload_id)
        body, start = self._body(request)
        return self._accepted(session, await self._append(session, body, start), 202)

    async def put_upload(self, request: Request, caller: Caller, repository: Repository, upload_id: str) -> Response:
        """PUT <blob-push-location>?digest= (end-6), with or without a last chunk."""
        digest = Digest.parse(_required_digest(request))
        try:
            session = await self.work.read(self.push.resume, caller, repository, upload_id)
            body, start = self._body(request)
            await self._finish(session, body, start, digest)
        except BlobUploadUnknown:
            # A PUT whose answer was lost comes again, or comes twice at once: it succeeds if the blob is there.
            if not await self._has_blob(caller, repository, digest):
                raise
        return _created(repository, digest)

    async def get_upload(self, _: Request, caller: Caller, repository: Repository, upload_id: str) -> Response:
        """GET <blob-push-location> (end-13): how far the upload is."""
        session = await self.work.read(self.push.resume, caller, repository, upload_id)
        return self._accepted(session, await self.work.run(self.push.upload_size, session), 204)

    async def delete_upload(self, _: Request, caller: Caller, repository: Repository, upload_id: str) -> Response:
        """DELETE <blob-push-location> (end-14): cancel."""
        session = await self.work.read(self.push.resume, caller, repository, upload_id)
        await self.work.run(self.push.cancel_upload, session)
        return Response(status_code=204)

    async def _has_blob(self, caller: Caller, repository: Repository, digest: Digest) -> bool:
        """False for whoever may not push there: to them the upload is unknown, as it is by every other method.

        Raises `Unauthorized` for whoever may push nowhere, as with a pass alone: a push may go on with a new token.
        """
        try:
            await self.judgement.check_push(caller, repository)
            return await self.work.run(self.push.has_blob, caller, repository, digest)
        except Denied:
            return False
        except Unauthorized:
            if caller.grants and any(action == PUSH for _, action in caller.grants.allowed):
                return False
            raise

    async def _mount(self, caller: Caller, repository: Repository, digest: str, source: str | None) -> bool:
        try:
            origin = Repository.parse(source) if source else None
        except NameInvalid:  # a name of another registry: nothing to mount, so an upload begins (spec: 202)
            return False
        return await self.work.run(self.push.mount, caller, repository, Digest.parse(digest), origin)

    async def _post_whole(self, request: Request, caller: Caller, repository: Repository, digest: Digest) -> Response:
        session = await self.work.run(self.push.start_upload, caller, repository, digest.algorithm)
        try:
            body, start = self._body(request)
            await self._finish(session, body, start, digest)
        except BaseException:  # the client knows no session to go on with
            await self.work.run(self.push.cancel_upload, session)
            raise
        return _created(repository, digest)

    async def _finish(self, session: UploadSession, body: Body, start: int | None, digest: Digest) -> None:
        first = await body.batch(least=1)
        if body.ended:
            await self.work.run_on(first, self.push.finish_upload, session, digest, first, start)
            return
        async with self.work.holding(self.push.open_upload, session, start) as writer:
            if not writer.is_published:  # else the same request came before, or comes at the same time
                await self._write(writer, body, first)
            await self.work.run(self.push.publish_upload, session, writer, digest)

    async def _append(self, session: UploadSession, body: Body, start: int | None) -> int:
        # What is there at once; for more, the upload is held against the sweeper.
        batch = await body.batch(least=1) if start is None else b""
        if body.ended:
            return await self.work.run_on(batch, self._write_at_once, session, start, batch)
        async with self.work.holding(self.push.open_upload, session, start) as writer:
            await self._write(writer, body, batch)
            return writer.offset

    async def _write(self, writer: UploadWriter, body: Body, batch: bytes) -> None:
        """Write `batch` and the rest of `body`: one batch is written while the next is received."""
        while batch := batch or await body.batch():
            writing = asyncio.ensure_future(self.work.run_on(batch, writer.write, batch))
            batch = b""
            try:
                if not body.ended:
                    batch = await body.batch()
            finally:
                await writing

    def _write_at_once(self, session: UploadSession, start: int | None, batch: bytes) -> int:
        # A hop to a thread costs more than what is done there for a small blob: one instead of three.
        with closing(self.push.open_upload(session, start)) as writer:
            if batch:
                writer.write(batch)
            return writer.offset

    def _body(self, request: Request) -> tuple[Body, int | None]:
        """The body, and the byte of the upload at which it begins if the client says so."""
        length = int(request.headers["content-length"]) if "content-length" in request.headers else None
        sent = request.headers.get("content-range")
        if sent is None:
            return Body(diverted(request), length, self.patience), None
        match = _CONTENT_RANGE.fullmatch(sent)
        if not match or int(match[2]) < int(match[1]):
            raise BlobUploadInvalid("Content-Range must be <first>-<last>, both inclusive, without a unit")
        announced = int(match[2]) + 1 - int(match[1])
        if length not in (None, announced):
            raise SizeInvalid(f"Content-Range tells {announced} bytes, Content-Length {length}")
        return Body(diverted(request), announced, self.patience), int(match[1])

    def _accepted(self, session: UploadSession, size: int, status: int) -> Response:
        # A path without scheme and host is right behind every proxy.
        location = f"/v2/{session.repository}/blobs/uploads/{session.id}"
        if self.passes:
            bearer = self.passes.issue(session.starter, session.repository.name, session.id)
            location += f"?{PARAMETER}={bearer}"
        headers = {"Location": location, "Range": upload_range(size), "Docker-Upload-UUID": session.id}
        return Response(status_code=status, headers=headers)


def _required_digest(request: Request) -> str:
    if "digest" in request.query_params:
        return request.query_params["digest"]
    raise DigestInvalid("the closing PUT needs ?digest=<digest of the whole blob>")


def _created(repository: Repository, digest: Digest) -> Response:
    headers = {"Location": f"/v2/{repository}/blobs/{digest}", "Docker-Content-Digest": str(digest)}
    return Response(status_code=201, headers=headers)
