"""What `BlobStore` and `BlobReader` promise: ranges of blobs, and uploads that can be asked about and given up."""

import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from tests.contracts.content import append, publish, read_all
from tests.contracts.threads import all_at_once

from pierone_core.errors import BlobUnknown, UploadBusy
from pierone_core.ports import BlobStore
from pierone_core.values import Digest

DATA = bytes(range(100))
# Longer than the steps in which clocks of file systems go.
CLOCK_STEP = 0.05


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (0, 100), (1, 99), (37, 38), (99, 100), (100, 100)])
@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_a_range_of_a_blob_is_read_in_pieces_of_any_size(store: BlobStore, start: int, stop: int, size: int) -> None:
    digest = publish(store, DATA)
    assert read_all(store.open_blob(digest, start, stop), size) == DATA[start:stop]


def test_a_read_gives_at_most_what_was_asked_for_and_nothing_at_the_end(store: BlobStore) -> None:
    reader = store.open_blob(publish(store, DATA), 90, 100)
    assert 0 < len(reader.read(4)) <= 4
    while reader.read(4):
        pass
    assert reader.read(4) == b""
    reader.close()


def test_if_a_range_lies_in_a_file_its_extent_names_the_same_bytes(store: BlobStore) -> None:
    reader = store.open_blob(publish(store, DATA), 20, 80)
    if reader.extent:
        fd, start, stop = reader.extent
        assert os.pread(fd, stop - start, start) == DATA[20:80]
    assert read_all(reader) == DATA[20:80]


def test_two_readers_of_one_blob_do_not_disturb_each_other(store: BlobStore) -> None:
    digest = publish(store, DATA)
    first, second = store.open_blob(digest, 0, 100), store.open_blob(digest, 50, 100)
    assert first.read(1) == DATA[:1]
    assert read_all(second) == DATA[50:]
    assert read_all(first) == DATA[1:]


def test_a_reader_goes_on_while_the_blob_is_pushed_again(store: BlobStore) -> None:
    digest = publish(store, DATA, "first")
    reader = store.open_blob(digest, 0, 100)
    beginning = reader.read(10)
    publish(store, DATA, "second")
    assert beginning + read_all(reader) == DATA


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_that_nobody_pushed_is_unknown(store: BlobStore, algorithm: str) -> None:
    publish(store, DATA)
    with pytest.raises(BlobUnknown):
        store.open_blob(Digest.of(b"never pushed", algorithm), 0, 1)


def test_an_upload_that_was_never_written_to_has_no_bytes(store: BlobStore) -> None:
    assert store.upload_size("unknown") == 0


def test_the_size_of_an_upload_can_be_asked_while_it_is_held(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    assert store.upload_size("upload") == 100
    writer.close()
    assert store.upload_size("upload") == 100


def test_a_discarded_upload_begins_anew(store: BlobStore) -> None:
    append(store, DATA)
    store.discard_upload("upload")
    assert store.upload_size("upload") == 0
    assert publish(store, b"other bytes") == Digest.of(b"other bytes")


def test_an_upload_that_was_never_written_to_can_be_discarded(store: BlobStore) -> None:
    store.discard_upload("unknown")
    assert store.upload_size("unknown") == 0
    assert list(store.idle_uploads(datetime.now(UTC) + timedelta(days=1))) == []


def test_an_upload_that_is_held_cannot_be_discarded(store: BlobStore) -> None:
    writer = store.open_upload("upload", "sha256")
    writer.write(DATA)
    with pytest.raises(UploadBusy):
        store.discard_upload("upload")
    assert writer.publish(Digest.of(DATA)) == 100
    writer.close()


def test_discarding_an_upload_leaves_the_others(store: BlobStore) -> None:
    append(store, DATA, "one")
    append(store, DATA, "two")
    store.discard_upload("one")
    assert store.upload_size("two") == 100


def test_idle_uploads_are_those_not_written_to_since(store: BlobStore, clock_step: float) -> None:
    append(store, DATA, "idle")
    append(store, DATA, "goes on")
    since = let_clocks_step(clock_step)
    append(store, DATA, "goes on")
    append(store, DATA, "new")
    assert list(store.idle_uploads(since)) == ["idle"]
    assert sorted(store.idle_uploads(let_clocks_step(clock_step))) == ["goes on", "idle", "new"]


def test_what_was_written_after_a_point_in_time_was_not_idle_before_it(store: BlobStore) -> None:
    time.sleep(CLOCK_STEP)
    since = datetime.now(UTC)
    time.sleep(CLOCK_STEP)
    append(store, DATA)
    assert list(store.idle_uploads(since)) == []


def test_asking_about_an_upload_does_not_make_it_less_idle(store: BlobStore, clock_step: float) -> None:
    append(store, DATA, "idle")
    since = let_clocks_step(clock_step)
    assert store.upload_size("idle") == 100
    store.open_upload("idle", "sha256").close()
    assert list(store.idle_uploads(since)) == ["idle"]


def test_discarded_uploads_are_not_idle(store: BlobStore) -> None:
    publish(store, DATA, "finished")
    store.discard_upload("finished")
    append(store, DATA, "discarded")
    store.discard_upload("discarded")
    assert list(store.idle_uploads(datetime.now(UTC) + timedelta(days=1))) == []


def test_idle_uploads_can_be_asked_for_while_uploads_go_away(store: BlobStore) -> None:
    names = [f"upload-{number}" for number in range(200)]
    for name in names:
        append(store, DATA, name)
    leaving = [partial(discard_all, store, names[first::4]) for first in range(4)]
    assert all_at_once([*leaving, *[partial(ask_until_none_is_left, store)] * 4]) == [None] * 8


def discard_all(store: BlobStore, names: list[str]) -> None:
    for name in names:
        store.discard_upload(name)


def ask_until_none_is_left(store: BlobStore) -> None:
    deadline = time.monotonic() + 30
    while store.idle_uploads(datetime.now(UTC) + timedelta(days=1)):
        assert time.monotonic() < deadline


def let_clocks_step(step: float) -> datetime:
    time.sleep(step)
    now = datetime.now(UTC)
    time.sleep(step)
    return now
