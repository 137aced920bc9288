"""Pushing blobs: who may, whose an upload is, and what is left of one that nobody goes on with."""

from datetime import UTC, datetime, timedelta

import pytest

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import Caller
from pierone_core.errors import BlobUnknown, BlobUploadUnknown, Denied, DigestInvalid, RangeInvalid, UploadBusy
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

ALICE, EVE = Caller("alice", teams=frozenset({"team"})), Caller("eve", teams=frozenset({"other"}))
APP, TOOLS = Repository.parse("team/app"), Repository.parse("team/tools")
DATA = b"layer of an image"
DIGEST = Digest.of(DATA)
HOUR = timedelta(hours=1)


class Clock:
    """A time of day that can run ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    """Give the registry's clock."""
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> Registry:
    """Begin an empty registry in memory."""
    return Registry.over(memory_metadata(), MemoryBlobStore(), now=clock)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_pushed_at_once_is_there_under_its_digest(registry: Registry, algorithm: str) -> None:
    digest = registry.push_blobs.push_blob(ALICE, APP, DATA, algorithm)
    assert digest == Digest.of(DATA, algorithm)
    assert registry.pull.get_blob(APP, digest) == DATA
    assert registry.pull.blob_size(APP, digest) == len(DATA)


def test_a_blob_is_not_seen_through_a_repository_it_was_not_pushed_to(registry: Registry) -> None:
    registry.push_blobs.push_blob(ALICE, APP, DATA)
    with pytest.raises(BlobUnknown):
        registry.pull.get_blob(TOOLS, DIGEST)


def test_only_members_may_start_uploads_and_mount(registry: Registry) -> None:
    registry.push_blobs.push_blob(ALICE, APP, DATA)
    for refused in (
        lambda: registry.push_blobs.start_upload(EVE, APP),
        lambda: registry.push_blobs.push_blob(EVE, APP, DATA),
        lambda: registry.push_blobs.mount(EVE, TOOLS, DIGEST, APP),
        lambda: registry.push_blobs.mount(EVE, TOOLS, Digest.of(b"unknown"), None),
    ):
        with pytest.raises(Denied):
            refused()
    with pytest.raises(BlobUnknown):
        registry.pull.blob_size(TOOLS, DIGEST)


def test_an_upload_of_an_unsupported_algorithm_is_refused_at_its_start(registry: Registry) -> None:
    with pytest.raises(DigestInvalid, match="md5"):
        registry.push_blobs.start_upload(ALICE, APP, "md5")


@pytest.mark.parametrize("source", [APP, None])
def test_a_blob_is_mounted_from_where_it_is(registry: Registry, source: Repository | None) -> None:
    registry.push_blobs.push_blob(ALICE, APP, DATA)
    assert registry.push_blobs.mount(ALICE, TOOLS, DIGEST, source)
    assert registry.pull.get_blob(TOOLS, DIGEST) == DATA


@pytest.mark.parametrize("source", [Repository.parse("team/empty"), TOOLS])
def test_a_blob_is_not_mounted_from_where_it_is_not(registry: Registry, source: Repository) -> None:
    registry.push_blobs.push_blob(ALICE, APP, DATA)
    assert not registry.push_blobs.mount(ALICE, TOOLS, DIGEST, source)
    with pytest.raises(BlobUnknown):
        registry.pull.blob_size(TOOLS, DIGEST)


def test_an_upload_belongs_to_who_started_it_where(registry: Registry) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    assert registry.push_blobs.resume(ALICE, APP, session.id) == session
    for caller, repository, upload_id in [
        (EVE, APP, session.id),
        (ALICE, TOOLS, session.id),
        (ALICE, APP, session.id + "0"),
        (ALICE, APP, "x" * 10_000),
    ]:
        with pytest.raises(BlobUploadUnknown, match="is not yours"):
            registry.push_blobs.resume(caller, repository, upload_id)


def test_two_uploads_never_have_the_same_id(registry: Registry) -> None:
    assert len({registry.push_blobs.start_upload(ALICE, APP).id for _ in range(100)}) == 100


@pytest.mark.parametrize("start", [0, 4, 6, 10**18])
def test_a_chunk_that_begins_elsewhere_is_refused_and_told_where_the_upload_stands(
    registry: Registry, start: int
) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    writer = registry.push_blobs.open_upload(session, 0)
    writer.write(DATA[:5])
    writer.close()
    with pytest.raises(RangeInvalid, match=f"begins at byte {start}, the upload stands at 5") as error:
        registry.push_blobs.open_upload(session, start)
    assert error.value.offset == 5
    assert registry.push_blobs.finish_upload(session, DIGEST, DATA[5:], 5) == len(DATA)


def test_an_upload_with_another_digest_is_over(registry: Registry) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    with pytest.raises(DigestInvalid):
        registry.push_blobs.finish_upload(session, DIGEST, b"other bytes")
    with pytest.raises(BlobUploadUnknown):
        registry.push_blobs.resume(ALICE, APP, session.id)
    with pytest.raises(BlobUnknown):
        registry.pull.blob_size(APP, DIGEST)


def test_a_finished_or_cancelled_upload_is_over(registry: Registry) -> None:
    finished, cancelled = (registry.push_blobs.start_upload(ALICE, APP) for _ in range(2))
    registry.push_blobs.finish_upload(finished, DIGEST, DATA)
    registry.push_blobs.cancel_upload(cancelled)
    for session in (finished, cancelled):
        with pytest.raises(BlobUploadUnknown):
            registry.push_blobs.resume(ALICE, APP, session.id)


def test_an_upload_that_is_held_can_neither_be_finished_nor_cancelled(registry: Registry) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    writer = registry.push_blobs.open_upload(session)
    for refused in (
        lambda: registry.push_blobs.finish_upload(session, DIGEST, DATA),
        lambda: registry.push_blobs.cancel_upload(session),
    ):
        with pytest.raises(UploadBusy):
            refused()
    writer.close()
    assert registry.push_blobs.resume(ALICE, APP, session.id) == session


@pytest.mark.parametrize("sent", [None, b"", b"some bytes"], ids=["nothing", "no bytes", "bytes"])
def test_an_upload_is_removed_once_it_is_idle_for_long_enough(
    registry: Registry, clock: Clock, sent: bytes | None
) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    if sent is not None:
        writer = registry.push_blobs.open_upload(session)
        writer.write(sent)
        writer.close()
    assert registry.push_blobs.sweep(HOUR) == 0
    clock.ahead = 2 * HOUR
    assert registry.push_blobs.sweep(HOUR) == 1
    assert registry.push_blobs.sweep(HOUR) == 0
    with pytest.raises(BlobUploadUnknown):
        registry.push_blobs.resume(ALICE, APP, session.id)


def test_an_upload_that_a_request_holds_is_not_removed(registry: Registry, clock: Clock) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    writer = registry.push_blobs.open_upload(session)
    writer.write(DATA)
    clock.ahead = 2 * HOUR
    assert registry.push_blobs.sweep(HOUR) == 0
    writer.close()
    assert registry.push_blobs.finish_upload(session, DIGEST) == len(DATA)


def test_a_long_upload_that_goes_on_is_not_removed(registry: Registry, clock: Clock) -> None:
    clock.ahead = -2 * HOUR
    session = registry.push_blobs.start_upload(ALICE, APP)
    clock.ahead = timedelta(0)
    writer = registry.push_blobs.open_upload(session)
    writer.write(DATA)
    writer.close()
    assert registry.push_blobs.sweep(HOUR) == 0
    assert registry.push_blobs.finish_upload(session, DIGEST) == len(DATA)
