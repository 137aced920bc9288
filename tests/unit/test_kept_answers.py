"""How much is kept of answers, and what goes first."""

import gc
import tracemalloc

import pytest

from pierone_core.values import Repository
from pierone_http.kept_answers import BLOB_MAX_BYTES, BODY_MAX_BYTES, KeptAnswer, KeptAnswers

REPOSITORY = Repository.parse("team/app")
FIELDS = [(b"ETag", b'"x"'), (b"content-length", b"4")]
ROOM = 1 << 20


def test_what_was_kept_is_found_under_its_path_alone() -> None:
    kept = KeptAnswers(ROOM, ROOM)
    kept.keep(b"/a", REPOSITORY, FIELDS, b"body")
    assert kept.get(b"/a") == KeptAnswer(REPOSITORY, b'etag: "x"\r\ncontent-length: 4\r\n\r\n', b"body")
    assert kept.get(b"/b") is None


def test_what_is_kept_stays_as_it_is() -> None:
    kept = KeptAnswers(ROOM, ROOM)
    for body in (b"one", b"two"):
        kept.keep(b"/a", REPOSITORY, FIELDS, body)
    answer = kept.get(b"/a")
    assert answer
    assert answer.body == b"one"


@pytest.mark.parametrize("size", [0, 3, 1000, 30_000])
def test_the_memory_is_bounded_whatever_the_size_of_answers(size: int) -> None:
    kept = KeptAnswers(ROOM, ROOM)
    tracemalloc.start()
    try:
        for number in range(6000 if size < 10_000 else 600):
            path = b"/v2/team/app%d/manifests/1.0" % number
            kept.keep(path, Repository.parse(f"team/app{number}"), [(b"etag", b"x%d" % number)], bytes(size))
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ROOM / 2 < held < 1.2 * ROOM


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = KeptAnswers(100_000, 0)
    kept.keep(b"/first", REPOSITORY, FIELDS, bytes(40_000))
    kept.keep(b"/second", REPOSITORY, FIELDS, bytes(40_000))
    kept.get(b"/first")
    kept.keep(b"/third", REPOSITORY, FIELDS, bytes(40_000))
    assert [bool(kept.get(path)) for path in (b"/first", b"/second", b"/third")] == [True, False, True]


def test_a_large_manifest_is_not_kept() -> None:
    kept = KeptAnswers(100 * ROOM, 0)
    kept.keep(b"/fits", REPOSITORY, FIELDS, bytes(BODY_MAX_BYTES))
    kept.keep(b"/large", REPOSITORY, FIELDS, bytes(BODY_MAX_BYTES + 1))
    assert kept.get(b"/fits")
    assert kept.get(b"/large") is None


def test_what_is_larger_than_the_room_displaces_nothing() -> None:
    kept = KeptAnswers(2000, 0)
    kept.keep(b"/small", REPOSITORY, FIELDS, bytes(500))
    kept.keep(b"/large", REPOSITORY, FIELDS, bytes(5000))
    assert kept.get(b"/large") is None
    assert kept.get(b"/small")


def ask(kept: KeptAnswers, target: bytes, size: int = 10_000) -> str:
    """GET a small blob as the server does; whether it came from memory, was kept now, or neither."""
    if kept.get(target):
        return "from memory"
    if not kept.wants_blob(target, size):
        return "streamed"
    kept.keep_blob(target, REPOSITORY, FIELDS, bytes(size))
    return "kept"


def blobs(count: int) -> list[bytes]:
    return [b"/%d" % number for number in range(count)]


def test_small_blobs_are_kept_while_there_is_room() -> None:
    kept = KeptAnswers(0, 110_000)
    assert [ask(kept, blob) for blob in blobs(10)] == ["kept"] * 10
    assert [ask(kept, blob) for blob in blobs(10)] == ["from memory"] * 10


def test_a_pull_of_more_than_there_is_room_for_displaces_nothing() -> None:
    kept = KeptAnswers(0, 110_000)
    for _ in range(2):
        assert "kept" not in [ask(kept, blob) for blob in blobs(50)][10:]
    assert [ask(kept, blob) for blob in blobs(50)] == ["from memory"] * 10 + ["streamed"] * 40


@pytest.mark.parametrize("left", range(9_900, 12_200, 100))
def test_a_blob_that_hardly_fits_displaces_nothing(left: int) -> None:
    target = b"/v2/%b/blobs/sha512:%b" % (b"r" * 255, b"0" * 128)
    fields = [(b"docker-content-digest", b"0" * 135), (b"etag", b"0" * 137), (b"cache-control", b"0" * 40)]
    kept = KeptAnswers(0, 10_500 + left)
    assert ask(kept, b"/first") == "kept"
    if kept.wants_blob(target, 10_000):
        kept.keep_blob(target, REPOSITORY, fields, bytes(10_000))
    assert kept.get(b"/first")


def test_what_is_asked_for_again_soon_displaces_what_is_not() -> None:
    kept = KeptAnswers(0, 110_000)
    for blob in blobs(10):
        ask(kept, blob)
    assert [ask(kept, b"/new") for _ in range(3)] == ["streamed", "kept", "from memory"]
    assert ask(kept, b"/0") == "streamed"


def test_small_blobs_displace_no_manifest_and_no_manifest_a_small_blob() -> None:
    kept = KeptAnswers(110_000, 110_000)
    kept.keep(b"/manifest", REPOSITORY, FIELDS, bytes(1000))
    for blob in blobs(50):
        ask(kept, blob)
        ask(kept, blob)
    assert kept.get(b"/manifest")
    for blob in blobs(50):
        kept.keep(b"/manifests" + blob, REPOSITORY, FIELDS, bytes(10_000))
    assert ask(kept, b"/49") == "from memory"


@pytest.mark.parametrize("size", [BLOB_MAX_BYTES + 1, 1 << 40])
def test_a_large_blob_is_not_wanted(size: int) -> None:
    kept = KeptAnswers(0, 100 * ROOM)
    assert kept.wants_blob(b"/small", BLOB_MAX_BYTES)
    assert not kept.wants_blob(b"/large", size)


def test_without_room_no_blob_is_wanted() -> None:
    kept = KeptAnswers(0, 0)
    assert not any(kept.wants_blob(b"/empty", 0) for _ in range(3))


def test_what_was_asked_for_is_remembered_in_bounded_memory() -> None:
    kept = KeptAnswers(0, ROOM)
    for blob in blobs(40):
        ask(kept, blob, 30_000)
    tracemalloc.start()
    try:
        for blob in blobs(60_000):
            kept.wants_blob(blob, 1)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < ROOM
