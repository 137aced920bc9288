"""Uploads into one pair of stores, what is known of them, and what must hold after every step."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant
from tests.contracts.adapters import BLOB_STORES, METADATA

from pierone_core.caller import Caller
from pierone_core.errors import BlobUnknown, BlobUploadUnknown, UploadBusy
from pierone_core.ports import Metadata, UploadWriter
from pierone_core.records import UploadSession
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

REPOSITORIES = [Repository("team/app"), Repository("team/other")]


@dataclass
class Upload:
    """What the machine knows of an upload that is under way."""

    caller: Caller
    repository: Repository
    data: bytes = b""
    writer: UploadWriter | None = None


@dataclass
class Clock:
    """The time of day, and how far it runs ahead."""

    ahead: timedelta = field(default=timedelta(0))

    def __call__(self) -> datetime:
        """See `Now`."""
        return datetime.now(UTC) + self.ahead


class Uploads(RuleBasedStateMachine):
    """The stores and their model; what may happen to them are the rules of a subclass."""

    kinds: ClassVar[tuple[str, str]]

    def __init__(self) -> None:
        """Begin with an empty registry."""
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.uploads: dict[str, Upload] = {}
        self.blobs: dict[tuple[Repository, Digest], bytes] = {}
        self.refused: set[Digest] = set()
        self.opened: list[Metadata] = []
        self.open()

    def teardown(self) -> None:
        """Leave no files."""
        for metadata in self.opened:
            metadata.close()
        shutil.rmtree(self.directory)

    @invariant()
    def what_was_finished_is_there_bit_for_bit(self) -> None:
        """Every blob is in its repository, and in no other."""
        for (repository, digest), data in self.blobs.items():
            assert self.registry.pull.get_blob(repository, digest) == data
        for repository in REPOSITORIES:
            for digest in self.refused | {digest for _, digest in self.blobs}:
                if (repository, digest) not in self.blobs:
                    with pytest.raises(BlobUnknown):
                        self.registry.pull.get_blob(repository, digest)

    @invariant()
    def no_stray_bytes_are_kept(self) -> None:
        """The store has the uploads that are under way, the blobs that were finished, and no other file."""
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert set(self.store.idle_uploads(tomorrow)) <= set(self.uploads)
        names = {path.name for path in self.directory.rglob("*/*") if path.is_file()}
        if "filesystem" in self.kinds:
            assert names - set(self.uploads) == {digest.encoded for _, digest in self.blobs}

    def open(self) -> None:
        """Open the stores, for the first time or once more."""
        metadata, store = self.kinds
        self.metadata, self.store = METADATA[metadata](self.directory), BLOB_STORES[store](self.directory)
        self.opened.append(self.metadata)
        self.registry = Registry.over(self.metadata, self.store, now=self.clock)
        self.push = self.registry.push_blobs

    def free(self, upload_id: str) -> tuple[Upload, UploadSession]:
        """The upload and its session, if it is under way and nobody holds it; checks that others are refused."""
        upload = self.uploads.get(upload_id)
        if upload is None:
            raise BlobUploadUnknown("not under way")
        session = self.push.resume(upload.caller, upload.repository, upload_id)
        if upload.writer:
            self._check_refused(session)
            raise UploadBusy("held")
        return upload, session

    def _check_refused(self, session: UploadSession) -> None:
        for refused in (
            partial(self.push.open_upload, session),
            partial(self.push.cancel_upload, session),
            partial(self.push.finish_upload, session, Digest.of(b"")),
        ):
            with pytest.raises(UploadBusy):
                refused()

    @staticmethod
    def write(upload: Upload, writer: UploadWriter, chunk: bytes) -> None:
        """Append a chunk to an upload and its model."""
        writer.write(chunk)
        upload.data += chunk
        assert writer.offset == len(upload.data)
