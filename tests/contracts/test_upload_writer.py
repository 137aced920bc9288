"""What `UploadWriter` promises: one holder, nothing lost between requests, nothing visible that is not verified."""

from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

import pytest
from tests.contracts.content import append, publish, read_all
from tests.contracts.threads import MANY, all_at_once

from pierone_core.errors import BlobUnknown, BlobUploadInvalid, DigestInvalid, RegistryError, UploadBusy
from pierone_core.ports import BlobStore, UploadWriter
from pierone_core.values import Digest

DATA = b"layer of an image"
OTHER_DIGEST = Digest.of(b"something else")


def test_a_new_upload_has_no_bytes(store: BlobStore) -> None:
    writer = store.open_upload("new", "sha256")
    assert writer.offset == 0
    writer.close()


def test_the_offset_grows_with_every_batch(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA[:3])
    assert writer.offset == 3
    writer.write(b"")
    writer.write(DATA[3:])
    assert writer.offset == len(DATA)
    writer.close()


def test_the_next_request_goes_on_where_the_last_one_stopped(store: BlobStore) -> None:
    for batch in (DATA[:1], DATA[1:4], DATA[4:]):
        append(store, batch)
    writer = store.open_upload("upload", "sha256")
    assert writer.offset == len(DATA)
    writer.publish(Digest.of(DATA))
    writer.close()
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA


def test_an_upload_has_one_holder_at_a_time(store: BlobStore) -> None:
    holder = store.open_upload("upload", "sha256")
    with pytest.raises(UploadBusy):
        store.open_upload("upload", "sha256")
    holder.close()
    store.open_upload("upload", "sha256").close()


def test_another_upload_is_not_held_with_it(store: BlobStore) -> None:
    holder = store.open_upload("upload", "sha256")
    append(store, DATA, "another upload")
    holder.close()
    assert store.upload_size("upload") == 0


def test_of_many_requests_at_once_one_holds_the_upload(store: BlobStore) -> None:
    opened = all_at_once([partial(store.open_upload, "upload", "sha256")] * MANY)
    refused = [outcome for outcome in opened if isinstance(outcome, UploadBusy)]
    assert len(refused) == MANY - 1
    for outcome in opened:
        if not isinstance(outcome, Exception):
            outcome.close()


def test_closing_twice_does_not_take_the_upload_from_the_next_holder(store: BlobStore) -> None:
    first = store.open_upload("upload", "sha256")
    first.close()
    second = store.open_upload("upload", "sha256")
    first.close()
    with pytest.raises(UploadBusy):
        store.open_upload("upload", "sha256")
    second.close()


def test_a_published_upload_is_a_blob_and_no_upload_any_more_once_discarded(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    before = writer.is_published
    assert writer.publish(Digest.of(DATA)) == len(DATA)
    assert (before, writer.is_published) == (False, True)
    writer.close()
    store.discard_upload("upload")
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA
    assert store.upload_size("upload") == 0


def test_an_upload_can_be_published_again(store: BlobStore) -> None:
    for _ in range(2):
        writer = store.open_upload("upload", "sha256")
        if not writer.is_published:
            writer.write(DATA)
        assert writer.publish(Digest.of(DATA)) == len(DATA)
        writer.close()
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA


@pytest.mark.parametrize("announced", ["sha256", "sha512"])
@pytest.mark.parametrize("used", ["sha256", "sha512"])
@pytest.mark.parametrize("requests", [1, 2])
def test_any_algorithm_may_be_used_whichever_was_announced(
    store: BlobStore, announced: str, used: str, requests: int
) -> None:
    for part in (DATA,) if requests == 1 else (DATA[:5], DATA[5:]):
        writer = store.open_upload("upload", announced)
        writer.write(part)
        writer.close()
    digest = Digest.of(DATA, used)
    writer = store.open_upload("upload", announced)
    assert writer.publish(digest) == len(DATA)
    writer.close()
    assert read_all(store.open_blob(digest, 0, len(DATA))) == DATA


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("batches", [[], [b""]])
def test_a_blob_of_no_bytes_is_a_blob(store: BlobStore, algorithm: str, batches: list[bytes]) -> None:
    digest = Digest.of(b"", algorithm)
    writer = store.open_upload("upload", algorithm)
    for batch in batches:
        writer.write(batch)
    assert writer.publish(digest) == 0
    writer.close()
    assert read_all(store.open_blob(digest, 0, 0)) == b""


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_of_an_upload_with_another_digest_nothing_is_kept(store: BlobStore, algorithm: str) -> None:
    claimed = Digest.of(b"something else", algorithm)
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    with pytest.raises(DigestInvalid, match=str(Digest.of(DATA, algorithm))):
        writer.publish(claimed)
    writer.close()
    assert store.upload_size("upload") == 0
    for digest in (claimed, Digest.of(DATA), Digest.of(DATA, "sha512")):
        with pytest.raises(BlobUnknown):
            store.open_blob(digest, 0, 0)


def test_after_a_mismatch_the_upload_begins_anew(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(b"wrong bytes")
    with pytest.raises(DigestInvalid):
        writer.publish(OTHER_DIGEST)
    writer.close()
    assert publish(store, DATA) == Digest.of(DATA)
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA


def close(writer: UploadWriter) -> None:
    writer.close()


def publish_right(writer: UploadWriter) -> None:
    writer.publish(Digest.of(DATA))


def publish_wrong(writer: UploadWriter) -> None:
    with suppress(DigestInvalid):
        writer.publish(OTHER_DIGEST)


@pytest.mark.parametrize("end", [close, publish_right, publish_wrong])
def test_a_writer_that_is_done_takes_no_more_bytes(store: BlobStore, end: Callable[[UploadWriter], None]) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    end(writer)
    size = store.upload_size("upload")
    with pytest.raises(RegistryError):
        writer.write(b"too late")
    assert store.upload_size("upload") == size
    writer.close()


def test_a_published_blob_is_not_touched_by_the_writer_that_brought_it(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    writer.publish(Digest.of(DATA))
    with pytest.raises(BlobUploadInvalid, match="complete"):
        writer.write(b"too late")
    writer.close()
    with closing(store.open_upload("upload", "sha256")) as another, pytest.raises(BlobUploadInvalid):
        another.write(b"far too late")
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA


def test_many_may_publish_the_same_blob_at_once(store: BlobStore) -> None:
    names = [f"upload-{number}" for number in range(MANY)]
    assert all_at_once([partial(publish, store, DATA, name) for name in names]) == [Digest.of(DATA)] * MANY
    assert read_all(store.open_blob(Digest.of(DATA), 0, len(DATA))) == DATA
