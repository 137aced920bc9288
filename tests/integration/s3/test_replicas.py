"""Several stores on one bucket, as replicas are: any of them takes the next request, and of two at once one wins."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.bucket import keys, multiparts, pieces
from tests.contracts.content import append, read_all
from tests.contracts.threads import all_at_once
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, DIGEST, MIB, PART, pointer
from tests.integration.s3.finishing import bodies_read, finish
from tests.integration.s3.proxy import FaultProxy

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import (
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    RegistryError,
    UploadBusy,
)
from pierone_core.ports import UploadWriter
from pierone_core.values import Digest


@pytest.mark.parametrize("size", [MIB - 1, 3 * MIB, PART, PART + 1])
def test_replicas_take_turns_with_an_upload(replica: Replica, size: int) -> None:
    stores, sent = [replica(), replica(), replica()], 0
    for number, piece in enumerate(pieces(BYTES, size)):
        assert stores[number % 3].upload_size("upload") == sent
        append(stores[number % 3], piece)
        sent += len(piece)
    assert finish(stores[0]) == len(BYTES)
    for store in stores:
        assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_what_one_request_sent_is_never_read_again_by_the_replica_that_finishes(
    replica: Replica, proxy: FaultProxy
) -> None:
    append(replica(), BYTES)
    assert finish(replica()) == len(BYTES)
    assert bodies_read(proxy) == []


def test_one_replica_never_reads_what_was_sent_to_it_in_chunks(store: S3BlobStore, proxy: FaultProxy) -> None:
    for piece in pieces(BYTES, 4 * MIB):
        append(store, piece)
    assert finish(store) == len(BYTES)
    assert bodies_read(proxy) == []


def test_what_chunks_brought_to_several_replicas_is_read_once_before_it_is_published(
    replica: Replica, proxy: FaultProxy
) -> None:
    for piece in pieces(BYTES, PART + 1):
        append(replica(), piece)
    assert finish(replica()) == len(BYTES)
    assert len(bodies_read(proxy)) == 1


def test_wrong_bytes_in_chunks_to_several_replicas_are_found_and_removed(replica: Replica, tmp_path: Path) -> None:
    for piece in pieces(BYTES[:-1] + b"!", PART + 1):
        append(replica(), piece)
    with pytest.raises(DigestInvalid):
        finish(replica())
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)
    with pytest.raises(BlobUnknown):
        replica().open_blob(DIGEST, 0, 1)


@pytest.mark.parametrize("sizes", [(10, 20), (20, 10), (MIB, 2 * PART), (2 * PART, MIB), (PART + 1, 2 * PART)])
def test_of_two_writers_at_two_replicas_the_one_that_ends_first_wins(
    replica: Replica, tmp_path: Path, sizes: tuple[int, int]
) -> None:
    first, second = (replica().open_upload("upload", "sha256") for _ in range(2))
    first.write(BYTES[: sizes[0]])
    second.write(bytes(sizes[1]))
    first.close()
    with pytest.raises(UploadBusy):
        second.close()
    assert replica().upload_size("upload") == sizes[0]
    assert finish(replica(), last=BYTES[sizes[0] :]) == len(BYTES)
    assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES
    assert multiparts(tmp_path) == 0


def test_a_loser_that_goes_on_with_the_winners_parts_never_gets_its_bytes_into_the_blob(replica: Replica) -> None:
    append(replica(), BYTES[: PART + 1])
    winner, loser = (replica().open_upload("upload", "sha256") for _ in range(2))
    winner.write(BYTES[PART + 1 :])
    loser.write(bytes(len(BYTES)))  # parts of the same numbers in the same multipart upload, sent later
    winner.close()
    with pytest.raises(UploadBusy):
        loser.close()
    try:
        finish(replica())
    except BlobUploadInvalid as error:  # S3 keeps the part that came last
        assert "start a new one" in error.message  # noqa: PT017 - either outcome is right
    else:
        assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_of_two_replicas_that_publish_other_bytes_as_one_upload_one_wins(replica: Replica) -> None:
    first, second = (replica().open_upload("upload", "sha256") for _ in range(2))
    first.write(BYTES)
    second.write(bytes(len(BYTES)))
    assert first.publish(DIGEST) == len(BYTES)
    with pytest.raises(UploadBusy):
        second.publish(Digest.of(bytes(len(BYTES))))
    for writer in (first, second):
        writer.close()
    assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_many_replicas_may_finish_one_upload_at_once(replica: Replica, tmp_path: Path) -> None:
    append(replica(), BYTES)
    outcomes = all_at_once([partial(finish, replica()) for _ in range(8)])
    assert len(BYTES) in outcomes
    losers = [outcome for outcome in outcomes if outcome != len(BYTES)]
    assert [type(loser) for loser in losers if not isinstance(loser, UploadBusy)] == []
    assert finish(replica()) == len(BYTES)
    assert keys(tmp_path) == {"large/upload", "uploads/upload", pointer(DIGEST)}


def push(store: S3BlobStore, name: str) -> int:
    with closing(store.open_upload(name, "sha256")) as writer:
        writer.write(BYTES)
        size = writer.publish(DIGEST)
    store.discard_upload(name)
    return size


def test_of_many_pushes_of_one_large_blob_one_object_is_kept(replica: Replica, tmp_path: Path) -> None:
    outcomes = all_at_once([partial(push, replica(), f"upload-{number}") for number in range(6)])
    assert outcomes == [len(BYTES)] * 6
    assert len(keys(tmp_path)) == 2
    assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_an_upload_that_another_replica_cancels_takes_no_more_bytes(replica: Replica, tmp_path: Path) -> None:
    append(replica(), BYTES[: PART + 1])
    writer = replica().open_upload("upload", "sha256")
    replica().discard_upload("upload")
    with pytest.raises(BlobUploadUnknown):
        write_and_close(writer)
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)


def write_and_close(writer: UploadWriter) -> None:
    with closing(writer):
        writer.write(BYTES[PART + 1 :])


def test_a_new_upload_that_another_replica_publishes_is_not_disturbed(replica: Replica) -> None:
    late = replica().open_upload("upload", "sha256")
    append(replica(), BYTES)
    assert finish(replica()) == len(BYTES)
    late.write(b"late")
    with pytest.raises(RegistryError):
        late.close()
    assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_a_part_of_a_cancelled_upload_that_nobody_knows_of_is_swept(replica: Replica, tmp_path: Path) -> None:
    writer = replica().open_upload("upload", "sha256")
    writer.write(BYTES)  # begins a multipart upload; the process dies before it saves a state
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 1)
    assert list(replica().idle_uploads(datetime.now(UTC) + timedelta(days=1))) == ["upload"]
    replica().discard_upload("upload")
    assert multiparts(tmp_path) == 0


def test_a_long_stream_is_saved_on_the_way_for_a_replica_to_go_on_with(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.s3.upload._PARTS_BETWEEN_SAVES", 1)
    dying = replica().open_upload("upload", "sha256")
    for piece in pieces(BYTES + bytes(2 * PART), PART):
        dying.write(piece)
    saved = replica().upload_size("upload")
    assert saved >= PART
    assert saved % PART == 0
    append(replica(), BYTES[saved:])
    assert finish(replica()) == len(BYTES)
    with pytest.raises(RegistryError):
        dying.close()
    assert read_all(replica().open_blob(DIGEST, 0, len(BYTES))) == BYTES
