"""How much is kept of answers, and what goes first."""

import gc
import tracemalloc

import pytest

from pierone_core.values import Repository
from pierone_http.kept_answers import BODY_MAX_BYTES, KeptAnswer, KeptAnswers

REPOSITORY = Repository.parse("team/app")
FIELDS = [(b"ETag", b'"x"'), (b"content-length", b"4")]
ROOM = 1 << 20


def test_what_was_kept_is_found_under_its_path_alone() -> None:
    kept = KeptAnswers(ROOM)
    kept.keep(b"/a", REPOSITORY, FIELDS, b"body")
    assert kept.get(b"/a") == KeptAnswer(REPOSITORY, b'etag: "x"\r\ncontent-length: 4\r\n\r\n', b"body")
    assert kept.get(b"/b") is None


def test_what_is_kept_stays_as_it_is() -> None:
    kept = KeptAnswers(ROOM)
    for body in (b"one", b"two"):
        kept.keep(b"/a", REPOSITORY, FIELDS, body)
    answer = kept.get(b"/a")
    assert answer
    assert answer.body == b"one"


def test_an_answer_for_head_alone_makes_way_for_one_with_a_body_and_for_nothing_else() -> None:
    kept = KeptAnswers(ROOM)
    for body in (None, None, b"body", None):
        kept.keep(b"/a", REPOSITORY, FIELDS, body)
    answer = kept.get(b"/a")
    assert answer
    assert answer.body == b"body"


def test_what_made_way_takes_no_room() -> None:
    kept = KeptAnswers(4000)
    for number in range(4):
        kept.keep(b"/%d" % number, REPOSITORY, FIELDS, None)
        kept.keep(b"/%d" % number, REPOSITORY, FIELDS, bytes(400))
    assert all(kept.get(b"/%d" % number) for number in range(4))


@pytest.mark.parametrize("size", [0, 3, 1000, 30_000])
def test_the_memory_is_bounded_whatever_the_size_of_answers(size: int) -> None:
    kept = KeptAnswers(ROOM)
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
    kept = KeptAnswers(100_000)
    kept.keep(b"/first", REPOSITORY, FIELDS, bytes(40_000))
    kept.keep(b"/second", REPOSITORY, FIELDS, bytes(40_000))
    kept.get(b"/first")
    kept.keep(b"/third", REPOSITORY, FIELDS, bytes(40_000))
    assert [bool(kept.get(path)) for path in (b"/first", b"/second", b"/third")] == [True, False, True]


def test_a_large_manifest_is_not_kept() -> None:
    kept = KeptAnswers(100 * ROOM)
    kept.keep(b"/fits", REPOSITORY, FIELDS, bytes(BODY_MAX_BYTES))
    kept.keep(b"/large", REPOSITORY, FIELDS, bytes(BODY_MAX_BYTES + 1))
    assert kept.get(b"/fits")
    assert kept.get(b"/large") is None


def test_what_is_larger_than_the_room_leaves_it_empty_and_usable() -> None:
    kept = KeptAnswers(2000)
    kept.keep(b"/large", REPOSITORY, FIELDS, bytes(5000))
    assert kept.get(b"/large") is None
    kept.keep(b"/small", REPOSITORY, FIELDS, bytes(500))
    assert kept.get(b"/small")
