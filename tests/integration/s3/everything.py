"""Whatever a registry does with its bucket."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from tests.contracts.content import append, read_all
from tests.integration.s3.content import BYTES, PART

from pierone_adapters.memory import memory_metadata
from pierone_adapters.s3 import S3BlobStore
from pierone_core.caller import Caller
from pierone_core.errors import BlobUnknown, DigestInvalid
from pierone_core.fsck import Fsck, Kind
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

ALICE = Caller("alice", realm="employees", unrestricted=True)
APP, OTHER = Repository("team/app"), Repository("team/other")
SMALL = b"layer of an image"
# Makes stores on one bucket, each with nothing in memory.
Replica = Callable[[], S3BlobStore]


def everything(replica: Replica) -> None:
    """Do all of it; raises if something fails."""
    replica().check_bucket()
    for work in (_push_and_pull, _resume, _lose_a_race, _send_wrong_bytes, _cancel, _sweep, _look_for_damage):
        work(replica)


def _push_and_pull(replica: Replica) -> None:
    registry = Registry.over(memory_metadata(), replica())
    for content in (SMALL, BYTES):
        digest = registry.push_blobs.push_blob(ALICE, APP, content)
        assert registry.push_blobs.mount(ALICE, OTHER, digest, APP)
        assert read_all(replica().open_blob(digest, 0, len(content))) == content
    with pytest.raises(BlobUnknown):
        replica().open_blob(Digest.of(b"nobody pushed this"), 0, 1)


def _resume(replica: Replica) -> None:
    """An upload that several replicas take, so that its bytes must be read again to be verified."""
    content = BYTES + b"resumed"
    append(replica(), content[: PART + 1], "resumed")
    append(replica(), content[PART + 1 :], "resumed")
    assert replica().upload_size("resumed") == len(content)
    with closing(replica().open_upload("resumed", "sha256")) as writer:
        writer.publish(Digest.of(content, "sha512"))
    replica().discard_upload("resumed")


def _lose_a_race(replica: Replica) -> None:
    """The second finds only when its bytes are one object, and are read, that the blob is there already."""
    for upload_id in ("first", "second"):
        append(replica(), BYTES, upload_id)
        with closing(replica().open_upload(upload_id, "sha256")) as writer:
            writer.publish(Digest.of(BYTES, "sha512"))


def _send_wrong_bytes(replica: Replica) -> None:
    append(replica(), BYTES, "wrong")
    with closing(replica().open_upload("wrong", "sha256")) as writer, pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"others", "sha512"))


def _cancel(replica: Replica) -> None:
    append(replica(), BYTES, "cancelled")
    replica().discard_upload("cancelled")
    assert replica().upload_size("cancelled") == 0


def _sweep(replica: Replica) -> None:
    store = replica()
    append(store, BYTES, "idle")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert "idle" in store.idle_uploads(later)
    for upload_id in store.idle_uploads(later):
        store.discard_upload(upload_id)
    assert store.idle_uploads(later) == []


def _look_for_damage(replica: Replica) -> None:
    found = list(Fsck(memory_metadata(), replica()).run())
    assert {finding.kind for finding in found} <= {Kind.BLOB_UNREFERENCED}
