"""Uploads, whatever is sent in whatever order: what is acknowledged is there bit for bit, and nothing else is."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, precondition, rule, run_state_machine_as_test
from tests.contracts.adapters import DURABLE, examples
from tests.contracts.uploads import REPOSITORIES, Upload, Uploads

from pierone_core.caller import Caller
from pierone_core.errors import BlobUploadUnknown, DigestInvalid, RangeInvalid, UploadBusy
from pierone_core.values import Digest, Repository

STEPS = 25
HOUR = timedelta(hours=1)
PAIRS = [
    ("memory", "memory"),
    ("sqlite beside files", "filesystem"),
    ("cached sqlite", "filesystem"),
    ("sqlite", "s3"),
    ("postgresql", "filesystem"),
]

callers = st.sampled_from([Caller("alice", unrestricted=True), Caller("bob", unrestricted=True)])
repositories = st.sampled_from(REPOSITORIES)
algorithms = st.sampled_from(["sha256", "sha512"])
chunks = st.one_of(
    st.binary(max_size=10),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=7), st.integers(1, 301)),
)


class UploadMachine(Uploads):
    """All that clients, the clock and crashes may do to uploads."""

    ids: Bundle[str] = Bundle("ids")

    @rule(target=ids, caller=callers, repository=repositories, algorithm=algorithms)
    def start(self, caller: Caller, repository: Repository, algorithm: str) -> str:
        """Begin an upload."""
        session = self.push.start_upload(caller, repository, algorithm)
        assert session.id not in self.uploads
        self.uploads[session.id] = Upload(caller, repository)
        return session.id

    @rule(upload_id=ids, chunk=chunks, says_where=st.booleans())
    def append(self, upload_id: str, chunk: bytes, *, says_where: bool) -> None:
        """Send a chunk, with or without saying where it begins."""
        with suppress(BlobUploadUnknown, UploadBusy):
            upload, session = self.free(upload_id)
            writer = self.push.open_upload(session, len(upload.data) if says_where else None)
            self.write(upload, writer, chunk)
            writer.close()

    @rule(upload_id=ids, where=st.integers(0, 5000))
    def append_elsewhere(self, upload_id: str, where: int) -> None:
        """Send a chunk that does not begin where the upload stands."""
        with suppress(BlobUploadUnknown, UploadBusy):
            upload, session = self.free(upload_id)
            start = where if where != len(upload.data) else where + 1
            for refused in (
                partial(self.push.open_upload, session, start),
                partial(self.push.finish_upload, session, Digest.of(upload.data), b"", start),
            ):
                with pytest.raises(RangeInvalid) as error:
                    refused()
                assert error.value.offset == len(upload.data)

    @rule(upload_id=ids)
    def hold(self, upload_id: str) -> None:
        """A request holds the upload, and goes on holding it."""
        with suppress(BlobUploadUnknown, UploadBusy):
            upload, session = self.free(upload_id)
            upload.writer = self.push.open_upload(session)

    @rule(upload_id=ids, chunk=chunks)
    def write_while_holding(self, upload_id: str, chunk: bytes) -> None:
        """The request that holds the upload writes a little more."""
        upload = self.uploads.get(upload_id)
        if upload and upload.writer:
            self.write(upload, upload.writer, chunk)

    @rule(upload_id=ids)
    def let_go(self, upload_id: str) -> None:
        """The request that holds the upload ends."""
        upload = self.uploads.get(upload_id)
        if upload and upload.writer:
            upload.writer.close()
            upload.writer = None

    @rule(upload_id=ids, caller=callers, repository=repositories)
    def resume(self, upload_id: str, caller: Caller, repository: Repository) -> None:
        """Somebody asks how far the upload is: only who started it, and only there, is told."""
        upload = self.uploads.get(upload_id)
        if upload and (upload.caller, upload.repository) == (caller, repository):
            assert self.push.upload_size(self.push.resume(caller, repository, upload_id)) == len(upload.data)
        else:
            with pytest.raises(BlobUploadUnknown):
                self.push.resume(caller, repository, upload_id)

    @rule(upload_id=ids, last=chunks, algorithm=algorithms, says_where=st.booleans())
    def finish(self, upload_id: str, last: bytes, algorithm: str, *, says_where: bool) -> None:
        """Close the upload with the right digest, of whichever algorithm."""
        with suppress(BlobUploadUnknown, UploadBusy):
            upload, session = self.free(upload_id)
            data = upload.data + last
            digest = Digest.of(data, algorithm)
            start = len(upload.data) if says_where else None
            assert self.push.finish_upload(session, digest, last, start) == len(data)
            self.blobs[upload.repository, digest] = data
            del self.uploads[upload_id]

    @rule(upload_id=ids, last=chunks, algorithm=algorithms)
    def finish_wrong(self, upload_id: str, last: bytes, algorithm: str) -> None:
        """Close the upload with a digest that is not its own."""
        with suppress(BlobUploadUnknown, UploadBusy):
            upload, session = self.free(upload_id)
            digest = Digest.of(upload.data + last + b"!", algorithm)
            with pytest.raises(DigestInvalid):
                self.push.finish_upload(session, digest, last)
            self.refused |= {digest, Digest.of(upload.data + last, algorithm)}
            del self.uploads[upload_id]

    @rule(upload_id=ids)
    def cancel(self, upload_id: str) -> None:
        """Give the upload up."""
        with suppress(BlobUploadUnknown, UploadBusy):
            _, session = self.free(upload_id)
            self.push.cancel_upload(session)
            del self.uploads[upload_id]

    @rule(max_age=st.sampled_from([HOUR, timedelta(days=1)]))
    def sweep_soon(self, max_age: timedelta) -> None:
        """A sweep removes nothing that is younger."""
        assert self.push.sweep(max_age) == 0

    @rule()
    def sweep_late(self) -> None:
        """A sweep removes all that is older, and nothing that a request holds."""
        self.clock.ahead = 2 * HOUR
        idle = [upload_id for upload_id, upload in self.uploads.items() if upload.writer is None]
        assert self.push.sweep(HOUR) == len(idle)
        self.clock.ahead = timedelta(0)
        for upload_id in idle:
            del self.uploads[upload_id]

    @precondition(lambda self: set(self.kinds) <= DURABLE)
    @rule()
    def crash(self) -> None:
        """The server goes without a word, and comes back."""
        for upload in self.uploads.values():
            if upload.writer:  # the system lets go of what a process held
                upload.writer.close()
                upload.writer = None
        self.open()


@pytest.mark.parametrize("kinds", PAIRS, ids=["memory", "disk", "cached disk", "s3", "postgresql"])
def test_uploads_behave_as_the_model_says(kinds: tuple[str, str]) -> None:
    machine: type[UploadMachine] = type("UploadMachine", (UploadMachine,), {"kinds": kinds})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=min(map(examples, kinds)), stateful_step_count=STEPS, deadline=None)
    )
