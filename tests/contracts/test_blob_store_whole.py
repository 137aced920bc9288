"""What `BlobStore` promises about itself as a whole: whether it answers, and all that it holds."""

import pytest
from tests.contracts.content import append, publish

from pierone_core.errors import BlobUnknown
from pierone_core.ports import BlobStore
from pierone_core.values import Digest

CONTENTS = [b"", b"1", b"22", b"333", b"4444", b"55555"]


def publish_some(store: BlobStore) -> list[tuple[Digest, int]]:
    for number, data in enumerate(CONTENTS):
        publish(store, data, f"upload-{number}")
        store.discard_upload(f"upload-{number}")
    return sorted(((Digest.of(data), len(data)) for data in CONTENTS), key=lambda blob: str(blob[0]))


def test_a_store_that_works_passes_its_check(store: BlobStore) -> None:
    store.check()


def test_an_empty_store_has_no_blobs(store: BlobStore) -> None:
    append(store, b"not a blob yet")
    assert list(store.all_blobs()) == []


def test_all_blobs_come_with_their_sizes_in_the_order_of_their_digests(store: BlobStore) -> None:
    expected = publish_some(store)
    assert list(store.all_blobs()) == expected


def test_sha512_comes_after_sha256(store: BlobStore) -> None:
    long = Digest.of(b"long", "sha512")
    writer = store.open_upload("upload", "sha512")
    writer.write(b"long")
    writer.publish(long)
    writer.close()
    others = publish_some(store)
    assert list(store.all_blobs()) == [*others, (long, 4)]
    assert list(store.all_blobs("sha256:" + "f" * 64)) == [(long, 4)]


@pytest.mark.parametrize("seen", range(len(CONTENTS) + 1))
def test_all_blobs_can_be_gone_on_with_behind_any_of_them(store: BlobStore, seen: int) -> None:
    expected = publish_some(store)
    after = str(expected[seen - 1][0]) if seen else ""
    assert list(store.all_blobs(after)) == expected[seen:]


def test_a_point_between_two_digests_will_do(store: BlobStore) -> None:
    expected = publish_some(store)
    assert list(store.all_blobs(str(expected[2][0])[:-1])) == expected[2:]


def test_a_blob_that_nobody_pushed_has_no_url(store: BlobStore) -> None:
    try:
        assert store.url(Digest.of(b"never pushed")) is None
    except BlobUnknown:
        return
