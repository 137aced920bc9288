"""What `Metadata.share`, `Metadata.alone` and `Metadata.check` promise to the replicas of a registry."""

from functools import partial

import pytest
from tests.contracts.threads import MANY, all_at_once

from pierone_core.ports import Metadata


def test_the_first_value_is_kept_for_ever(metadata: Metadata) -> None:
    assert metadata.share("key", "first") == "first"
    assert metadata.share("key", "second") == "first"
    assert metadata.share("key", "first") == "first"


def test_names_have_values_of_their_own(metadata: Metadata) -> None:
    assert metadata.share("one", "1") == "1"
    assert metadata.share("two", "2") == "2"
    assert metadata.share("one", "2") == "1"


@pytest.mark.parametrize("value", ["", "a\nb\n", "ünï cödé", "x" * 100_000])
def test_any_text_is_kept_as_it_is(metadata: Metadata, value: str) -> None:
    assert metadata.share("key", value) == value
    assert metadata.share("key", "another") == value


def test_many_at_once_agree_on_one_value(metadata: Metadata) -> None:
    agreed = all_at_once([partial(metadata.share, "key", str(number)) for number in range(MANY)])
    assert len(set(map(str, agreed))) == 1
    assert agreed[0] in {str(number) for number in range(MANY)}


def test_one_is_alone_under_a_name_until_it_lets_go(metadata: Metadata) -> None:
    for _ in range(2):
        with metadata.alone("sweep") as first, metadata.alone("sweep") as second:
            assert (first, second) == (True, False)
            with metadata.alone("sweep") as third:
                assert not third


def test_who_was_not_alone_takes_nothing_from_the_one_who_is(metadata: Metadata) -> None:
    with metadata.alone("sweep") as first:
        for _ in range(2):
            with metadata.alone("sweep") as second:
                assert (first, second) == (True, False)


def test_names_do_not_exclude_each_other(metadata: Metadata) -> None:
    with metadata.alone("sweep") as first, metadata.alone("a/b c") as second:
        assert first
        assert second


def test_a_failure_lets_go(metadata: Metadata) -> None:
    with pytest.raises(ZeroDivisionError), metadata.alone("sweep") as first:
        assert first / 0
    with metadata.alone("sweep") as second:
        assert second


def test_of_many_at_once_one_is_alone(metadata: Metadata) -> None:
    entered = [metadata.alone("sweep") for _ in range(8)]
    try:
        assert sorted(map(bool, all_at_once([context.__enter__ for context in entered]))) == [False] * 7 + [True]
    finally:
        for context in entered:
            context.__exit__(None, None, None)


def test_a_store_that_answers_passes_the_check(metadata: Metadata) -> None:
    metadata.check()
