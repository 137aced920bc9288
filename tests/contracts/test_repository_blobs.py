"""What `RepositoryBlobs` promises: a blob is visible where it was added, with its size, for ever."""

from functools import partial

import pytest
from tests.contracts.content import APP, OTHER
from tests.contracts.threads import MANY, all_at_once

from pierone_core.ports import RepositoryBlobs
from pierone_core.values import Digest

DIGEST = Digest.of(b"layer")


def test_a_blob_is_visible_only_where_it_was_added(blobs: RepositoryBlobs) -> None:
    blobs.add(APP, DIGEST, 5)
    assert blobs.size(APP, DIGEST) == 5
    assert blobs.size(OTHER, DIGEST) is None


def test_a_blob_that_was_not_there_is_seen_once_it_is_added(blobs: RepositoryBlobs) -> None:
    assert blobs.size(APP, DIGEST) is None
    assert blobs.size_anywhere(DIGEST) is None
    blobs.add(APP, DIGEST, 5)
    assert blobs.size(APP, DIGEST) == 5
    assert blobs.size_anywhere(DIGEST) == 5


def test_a_blob_is_found_anywhere_if_any_repository_has_it(blobs: RepositoryBlobs) -> None:
    blobs.add(OTHER, DIGEST, 5)
    assert blobs.size_anywhere(DIGEST) == 5
    assert blobs.size_anywhere(Digest.of(b"another")) is None


@pytest.mark.parametrize("size", [0, 1, 2**31, 52 * 2**30, 2**53 + 1])
def test_every_size_is_kept_exactly(blobs: RepositoryBlobs, size: int) -> None:
    blobs.add(APP, DIGEST, size)
    for _ in range(2):
        assert blobs.size(APP, DIGEST) == size
        assert blobs.size_anywhere(DIGEST) == size


def test_digests_of_both_algorithms_are_kept_apart(blobs: RepositoryBlobs) -> None:
    long = Digest.of(b"layer", "sha512")
    blobs.add(APP, DIGEST, 5)
    assert blobs.size(APP, long) is None
    blobs.add(APP, long, 6)
    assert (blobs.size(APP, DIGEST), blobs.size(APP, long)) == (5, 6)


def test_adding_again_is_harmless(blobs: RepositoryBlobs) -> None:
    for _ in range(3):
        blobs.add(APP, DIGEST, 5)
    assert blobs.size(APP, DIGEST) == 5


def test_many_may_add_the_same_blob_at_once(blobs: RepositoryBlobs) -> None:
    assert all_at_once([partial(blobs.add, APP, DIGEST, 5)] * MANY) == [None] * MANY
    assert blobs.size(APP, DIGEST) == 5


def test_many_may_add_different_blobs_at_once(blobs: RepositoryBlobs) -> None:
    digests = [Digest.of(bytes([number])) for number in range(MANY)]
    assert all_at_once([partial(blobs.add, APP, digest, 1) for digest in digests]) == [None] * MANY
    assert [blobs.size(APP, digest) for digest in digests] == [1] * MANY


def test_everywhere_tells_each_blob_once_in_byte_order(blobs: RepositoryBlobs) -> None:
    sizes = {
        Digest.of(bytes([number]), algorithm): number for number in range(10) for algorithm in ("sha256", "sha512")
    }
    for digest, size in sizes.items():
        blobs.add(APP, digest, size)
        blobs.add(OTHER, digest, size)
    assert list(blobs.everywhere("", 100)) == sorted(sizes.items(), key=lambda item: str(item[0]))


def test_everywhere_is_read_in_pages(blobs: RepositoryBlobs) -> None:
    for number in range(7):
        blobs.add(APP, Digest.of(bytes([number])), number)
    pages, after = [], ""
    while page := blobs.everywhere(after, 3):
        pages.append(page)
        after = str(page[-1][0])
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(size for page in pages for _, size in page) == [*range(7)]
    assert list(blobs.everywhere("", 0)) == []
