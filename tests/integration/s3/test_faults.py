"""S3 on a bad day: what may pass is tried again; else a push is refused for now and can go on, and nothing is lost."""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.bucket import keys, multiparts
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.concerns import any_request, is_blob, is_completion, is_part, is_state
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, DIGEST, MIB, PART, pointer
from tests.integration.s3.proxy import Exchange, FaultProxy, Request, Treat

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import BlobUnknown, RegistryError, Unavailable
from pierone_core.values import Digest

SMALL = b"layer of an image"
ALWAYS = 1_000_000
RETRIED = [Exchange.slow_down, Exchange.cut_body, Exchange.lose_answer]
NAMES = ["slow down", "connection cut", "answer lost"]


def push(store: S3BlobStore, data: bytes = BYTES) -> Digest:
    """Push in two requests, as docker does."""
    digest = publish(store, data)
    store.discard_upload("upload")
    return digest


@pytest.mark.parametrize("fault", RETRIED, ids=NAMES)
@pytest.mark.parametrize("concerns", [is_part, is_state, is_blob, is_completion])
def test_a_write_that_fails_once_is_sent_again(
    store: S3BlobStore, proxy: FaultProxy, tmp_path: Path, concerns: Callable[[Request], bool], fault: Treat
) -> None:
    proxy.only_first(1, concerns, fault)
    assert push(store) == DIGEST
    assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES
    assert (keys(tmp_path), multiparts(tmp_path)) == ({pointer(DIGEST), "large/upload"}, 0)
    assert sum(map(concerns, proxy.requests)) >= 2


@pytest.mark.parametrize("fault", RETRIED, ids=NAMES)
def test_a_small_blob_whose_write_fails_once_is_sent_again(store: S3BlobStore, proxy: FaultProxy, fault: Treat) -> None:
    proxy.only_first(1, is_blob, fault)
    assert push(store, SMALL) == Digest.of(SMALL)
    assert read_all(store.open_blob(Digest.of(SMALL), 0, len(SMALL))) == SMALL


def test_a_part_that_is_not_answered_in_time_is_sent_again(replica: Replica, proxy: FaultProxy) -> None:
    over = threading.Event()

    def keep_waiting(_: Exchange) -> None:
        over.wait(30)

    proxy.only_first(1, is_part, keep_waiting)
    digest = push(replica(read_timeout=0.5))
    over.set()
    assert read_all(replica().open_blob(digest, 0, len(BYTES))) == BYTES


def test_an_upload_that_s3_does_not_take_is_refused_and_goes_on_where_it_stood(
    replica: Replica, proxy: FaultProxy
) -> None:
    store = replica(retries=1)
    append(store, BYTES[:MIB])
    proxy.only_first(ALWAYS, is_part, Exchange.slow_down)
    with pytest.raises(Unavailable, match="SlowDown"):
        append(store, BYTES[MIB:])
    proxy.treat = Exchange.pass_on
    assert store.upload_size("upload") == MIB
    append(store, BYTES[MIB:])
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(DIGEST) == len(BYTES)


def test_after_a_part_failed_a_request_can_neither_write_on_nor_publish(replica: Replica, proxy: FaultProxy) -> None:
    store = replica(retries=0)
    append(store, BYTES[:MIB])
    proxy.only_first(1, is_part, Exchange.slow_down)
    writer = store.open_upload("upload", "sha256")
    writer.write(BYTES[MIB:])
    for digest in (DIGEST, Digest.of(BYTES[:MIB])):
        with pytest.raises(Unavailable):
            writer.publish(digest)
    with pytest.raises(Unavailable):
        writer.write(bytes(MIB))
    writer.close()
    assert replica().upload_size("upload") == MIB
    append(replica(), BYTES[MIB:])
    with closing(replica().open_upload("upload", "sha256")) as another:
        assert another.publish(DIGEST) == len(BYTES)


def test_what_arrived_before_a_part_failed_is_kept(replica: Replica, proxy: FaultProxy) -> None:
    store = replica(retries=0)
    proxy.only_first(ALWAYS, lambda request: request.is_part and "partNumber=2" in request.query, Exchange.slow_down)
    with pytest.raises(Unavailable):
        append(store, BYTES)
    proxy.treat = Exchange.pass_on
    for going_on in (store, replica()):
        assert going_on.upload_size("upload") == PART
    append(store, BYTES[PART:])
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(DIGEST) == len(BYTES)
    assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES


@pytest.mark.parametrize("concerns", [is_part, is_state])
def test_bytes_that_were_changed_on_the_way_are_refused_and_the_upload_goes_on(
    store: S3BlobStore, proxy: FaultProxy, concerns: Callable[[Request], bool]
) -> None:
    proxy.only_first(1, concerns, Exchange.corrupt)
    with pytest.raises(Unavailable, match="BadDigest"):
        append(store, BYTES)
    append(store, BYTES[store.upload_size("upload") :])
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(DIGEST) == len(BYTES)
    assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_a_small_blob_that_was_changed_on_the_way_is_never_published(store: S3BlobStore, proxy: FaultProxy) -> None:
    append(store, SMALL)
    proxy.only_first(1, is_blob, Exchange.corrupt)
    with closing(store.open_upload("upload", "sha256")) as writer, pytest.raises(Unavailable, match="BadDigest"):
        writer.publish(Digest.of(SMALL))
    with pytest.raises(BlobUnknown):
        store.open_blob(Digest.of(SMALL), 0, 1)
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(Digest.of(SMALL)) == len(SMALL)


def test_a_pull_that_is_cut_goes_on_where_it_was(store: S3BlobStore, proxy: FaultProxy) -> None:
    push(store)
    proxy.only_first(2, lambda request: request.is_of("GET", "large"), Exchange.cut_answer)
    assert read_all(store.open_blob(DIGEST, 1, len(BYTES) - 1), MIB) == BYTES[1:-1]


def test_a_state_whose_reading_is_cut_is_read_again(store: S3BlobStore, proxy: FaultProxy) -> None:
    append(store, SMALL)
    proxy.only_first(1, lambda request: request.is_of("GET", "uploads"), Exchange.cut_answer)
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(Digest.of(SMALL)) == len(SMALL)


def test_a_pull_that_is_cut_again_and_again_is_an_error_and_never_short(store: S3BlobStore, proxy: FaultProxy) -> None:
    digest = push(store, SMALL)
    proxy.only_first(ALWAYS, lambda request: request.is_of("GET", "blobs"), Exchange.cut_answer)
    with pytest.raises(Unavailable):
        read_all(store.open_blob(digest, 0, len(SMALL)), 1)


@pytest.mark.parametrize("fault", [Exchange.slow_down, Exchange.hang_up])
def test_a_store_that_does_not_answer_is_unavailable_and_nothing_is_missing(
    replica: Replica, proxy: FaultProxy, fault: Treat
) -> None:
    digest = push(replica(), SMALL)
    store = replica(retries=0)
    proxy.only_first(ALWAYS, any_request, fault)
    calls: list[Callable[[], object]] = [
        store.check,
        lambda: store.open_blob(digest, 0, 1),
        lambda: store.open_upload("another", "sha256"),
        lambda: store.upload_size("upload"),
        lambda: store.discard_upload("upload"),
        lambda: list(store.all_blobs()),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
    proxy.treat = Exchange.pass_on
    store.check()
    assert read_all(store.open_blob(digest, 0, len(SMALL))) == SMALL


def test_an_upload_whose_state_could_not_be_read_is_held_by_nobody(replica: Replica, proxy: FaultProxy) -> None:
    store = replica(retries=0)
    proxy.only_first(1, any_request, Exchange.hang_up)
    with pytest.raises(RegistryError):
        append(store, SMALL)
    append(store, SMALL)
    assert store.upload_size("upload") == len(SMALL)


def test_an_object_that_is_gone_or_short_is_damage_and_never_an_empty_answer(
    replica: Replica, proxy: FaultProxy
) -> None:
    digest = push(replica())
    proxy.only_first(ALWAYS, lambda request: request.is_of("GET", "large"), Exchange.miss)
    with pytest.raises(Unavailable, match="missing"):
        replica().open_blob(digest, 0, 1)
    with pytest.raises(Unavailable, match="damaged"):
        replica().open_blob(digest, 0, len(BYTES) + 1)
