"""Spec chapter "Push", section "Pushing blobs": uploads in one piece or in chunks, and mounting.

Order of a push: bytes durable, then metadata, then the answer. Access is judged when an upload starts;
later requests must come from the same caller, of the same realm, to the same repository.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Caller, Grants
from pierone_core.errors import BlobUploadUnknown, Denied, DigestInvalid, RangeInvalid, Unauthorized, UploadBusy
from pierone_core.ports import BlobStore, Now, RepositoryBlobs, UploadSessions, UploadWriter
from pierone_core.records import UploadSession
from pierone_core.values import Digest, Repository, check_algorithm


@dataclass(frozen=True, slots=True)
class BlobPush:
    """The use cases that bring blobs into a repository."""

    blobs: RepositoryBlobs
    uploads: UploadSessions
    store: BlobStore
    access: AccessPolicy
    now: Now

    def start_upload(self, caller: Caller, repository: Repository, algorithm: str = "sha256") -> UploadSession:
        """Begin an upload (end-4a, end-4c); raise `Denied` or `DigestInvalid` (unsupported algorithm)."""
        self.access.check_push(caller, repository)
        check_algorithm(algorithm)
        return self.uploads.start(repository, starter_of(caller), algorithm, self.now())

    def mount(self, caller: Caller, repository: Repository, digest: Digest, source: Repository | None) -> bool:
        """Make a blob of `source` (None: of any repository) visible in `repository`, if it can be (end-11).

        What the caller may not pull is as if it were not there. A token of the registry names the repositories that
        it covers, so its bearer mounts from one of these and never from "any".
        """
        self.access.check_push(caller, repository)
        if not self._may_mount(caller, source):
            return False
        size = self.blobs.size(source, digest) if source else self.blobs.size_anywhere(digest)
        if size is None:
            return False
        self.blobs.add(repository, digest, size)
        return True

    def _may_mount(self, caller: Caller, source: Repository | None) -> bool:
        if source is None and caller.grants is not None:
            return False
        try:
            if source:
                self.access.check_pull(caller, source)
            else:
                self.access.check_read(caller)
        except (Denied, Unauthorized):
            return False
        return True

    def resume(self, caller: Caller, repository: Repository, upload_id: str) -> UploadSession:
        """The upload under way; raise `BlobUploadUnknown` if it is not this caller's in this repository."""
        session = self.uploads.find(upload_id, repository, starter_of(caller))
        return session or _refuse_unknown(upload_id)

    def open_upload(self, session: UploadSession, start: int | None = None) -> UploadWriter:
        """Hold the upload for writing from byte `start` (None: wherever it stands); close the writer (end-5).

        Raises `RangeInvalid` if the upload does not stand at `start`, `UploadBusy` if it is held already,
        `BlobUploadUnknown` if it ended since `resume`.
        """
        writer = self._hold(session)
        try:
            _check_start(writer, start)
        except RangeInvalid:
            writer.close()
            raise
        return writer

    def _hold(self, session: UploadSession) -> UploadWriter:
        writer = self.store.open_upload(session.id, session.algorithm)
        try:
            # One that was finished or cancelled meanwhile has no bytes any more, and would be begun again here.
            is_there = writer.offset or self._is_under_way(session)
        except BaseException:
            writer.close()
            raise
        if not is_there:
            writer.close()
            self.store.discard_upload(session.id)
            _refuse_unknown(session.id)
        return writer

    def upload_size(self, session: UploadSession) -> int:
        """How many bytes the upload has (end-13); raise `BlobUploadUnknown` if it ended since `resume`."""
        size = self.store.upload_size(session.id)
        return size if size or self._is_under_way(session) else _refuse_unknown(session.id)

    def _is_under_way(self, session: UploadSession) -> bool:
        return self.uploads.find(session.id, session.repository, session.starter) is not None

    def finish_upload(self, session: UploadSession, digest: Digest, last: bytes = b"", start: int | None = None) -> int:
        """Append `last`, verify, publish, make visible (end-6); return the blob's size in bytes.

        Raises as `open_upload`, and `DigestInvalid`: then the whole upload is dropped.
        """
        writer = self._hold(session)
        try:
            if not writer.is_published:  # else the same request came before and its metadata could not be written
                _check_start(writer, start)
                writer.write(last)
        except BaseException:
            writer.close()
            raise
        return self.publish_upload(session, writer, digest)

    def publish_upload(self, session: UploadSession, writer: UploadWriter, digest: Digest) -> int:
        """Verify what `writer` holds, publish, make visible (end-6), close it; return the blob's size in bytes.

        Nobody else comes at the upload in between. Raises `DigestInvalid`: then the whole upload is dropped.
        """
        try:
            size = writer.publish(digest)
            self.blobs.add(session.repository, digest, size)
            # The session goes before its bytes: as long as it is there, this request can be repeated.
            self.uploads.remove(session.id)
        except DigestInvalid:
            self.uploads.remove(session.id)
            raise
        finally:
            writer.close()
        with suppress(UploadBusy, BlobUploadUnknown):  # somebody asks again at this moment; the sweeper will remove it
            self.store.discard_upload(session.id)
        return size

    def has_blob(self, caller: Caller, repository: Repository, digest: Digest) -> bool:
        """Whether a blob that `caller` could have pushed is there already; raise `Denied`."""
        self.access.check_push(caller, repository)
        return self.blobs.size(repository, digest) is not None

    def cancel_upload(self, session: UploadSession) -> None:
        """Drop the upload and its bytes (end-14)."""
        self.store.discard_upload(session.id)
        self.uploads.remove(session.id)

    def push_blob(self, caller: Caller, repository: Repository, data: bytes, algorithm: str = "sha256") -> Digest:
        """Push a whole blob at once (end-4b); return its digest."""
        session = self.start_upload(caller, repository, algorithm)
        digest = Digest.of(data, algorithm)
        self.finish_upload(session, digest, data)
        return digest

    def sweep(self, max_age: timedelta) -> int:
        """Remove uploads that nobody wrote to for `max_age` (spec: "Cancel a blob upload"); return how many."""
        before = self.now() - max_age
        idle = list(self.store.idle_uploads(before))
        idle += [started for started in self.uploads.started_before(before) if self.store.upload_size(started) == 0]
        return sum(self._remove_idle(upload_id) for upload_id in dict.fromkeys(idle))

    def _remove_idle(self, upload_id: str) -> bool:
        try:
            self.store.discard_upload(upload_id)
        except (UploadBusy, BlobUploadUnknown):  # somebody came back at the last moment, or another server was faster
            return False
        self.uploads.remove(upload_id)
        return True


def _refuse_unknown(upload_id: str) -> NoReturn:
    raise BlobUploadUnknown(
        "no such upload: it was finished, cancelled, given up for its age, or is not yours; start a new one",
        {"upload": upload_id[:100]},
    )


def starter_of(caller: Caller) -> str:
    """How an upload names who started it: `realm/name`, as an employee and a service user may share a name."""
    realm = caller.realm.replace("~", "~0").replace("/", "~1")  # as RFC 6901 does, so that only one slash separates
    return f"{realm}/{caller.name}"


def bearer_for(starter: str) -> Caller:
    """Whoever started an upload, as somebody who may go on with it and do nothing else."""
    realm, _, name = starter.partition("/")
    return Caller(name, realm=realm.replace("~1", "/").replace("~0", "~"), grants=Grants())


def _check_start(writer: UploadWriter, start: int | None) -> None:
    if start not in (None, writer.offset):
        raise RangeInvalid(f"chunk begins at byte {start}, the upload stands at {writer.offset}", writer.offset)
