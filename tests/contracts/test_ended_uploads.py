"""A request that comes late to an upload that has ended: the upload is unknown, and is not begun again."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import BLOB_STORES, METADATA
from tests.contracts.content import APP
from tests.contracts.test_upload_machine import PAIRS
from tests.contracts.threads import all_at_once

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_core.caller import Caller
from pierone_core.errors import BlobUploadUnknown, DigestInvalid, Unavailable
from pierone_core.push_blobs import BlobPush
from pierone_core.records import UploadSession
from pierone_core.registry import Registry
from pierone_core.values import Digest

ALICE = Caller("alice", unrestricted=True)
DATA = b"layer of an image"
DIGEST = Digest.of(DATA)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=PAIRS, ids="-".join)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Begin an empty registry over each pair of stores."""
    metadata, store = request.param
    with closing(METADATA[metadata](tmp_path)) as opened:
        yield Registry.over(opened, BLOB_STORES[store](tmp_path))


def finish(push: BlobPush, session: UploadSession) -> None:
    push.finish_upload(session, DIGEST, DATA)


def finish_empty(push: BlobPush, session: UploadSession) -> None:
    push.finish_upload(session, Digest.of(b""))


def finish_wrongly(push: BlobPush, session: UploadSession) -> None:
    with pytest.raises(DigestInvalid):
        push.finish_upload(session, DIGEST, DATA + b"!")


def cancel(push: BlobPush, session: UploadSession) -> None:
    push.cancel_upload(session)


@pytest.mark.parametrize("end", [finish, finish_empty, finish_wrongly, cancel])
def test_an_upload_that_has_ended_is_not_begun_again(
    registry: Registry, end: Callable[[BlobPush, UploadSession], None]
) -> None:
    push = registry.push_blobs
    session = push.start_upload(ALICE, APP)
    end(push, session)
    for late in (push.open_upload, push.upload_size, partial(push.finish_upload, digest=DIGEST, last=DATA)):
        with pytest.raises(BlobUploadUnknown):
            late(session)
    assert list(push.store.idle_uploads(TOMORROW)) == []


def test_of_several_that_finish_an_upload_at_once_none_is_told_that_its_digest_is_wrong(registry: Registry) -> None:
    push = registry.push_blobs
    for _ in range(5):
        session = push.start_upload(ALICE, APP)
        with closing(push.open_upload(session)) as writer:
            writer.write(DATA)
        outcomes = all_at_once([partial(push.finish_upload, session, DIGEST)] * 8)
        assert len(DATA) in outcomes
        assert not [outcome for outcome in outcomes if isinstance(outcome, DigestInvalid)]


def test_what_could_not_be_synced_has_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    store = FilesystemBlobStore(tmp_path)
    with closing(store.open_upload("upload", "sha256")) as writer:
        writer.write(DATA)
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fail)
            with pytest.raises(Unavailable):
                writer.publish(DIGEST)
    assert store.upload_size("upload") == 0
    assert list(store.all_blobs()) == []
