"""Patterns of tags that may move: how they are read and what they match."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pierone_core.tag_policy import MutableTags
from pierone_core.values import Repository, Tag


def allows(pattern: str, repository: str, tag: str) -> bool:
    return MutableTags.parse([pattern]).allow(Repository.parse(repository), Tag.parse(tag))


@pytest.mark.parametrize(
    ("pattern", "repository", "tag", "allowed"),
    [
        ("team/app:dev", "team/app", "dev", True),
        ("team/app:dev", "team/app", "dev2", False),
        ("team/app:dev", "team/app", "Dev", False),
        ("team/app:dev", "team/app2", "dev", False),
        ("team/app:dev", "team/app/tools", "dev", False),
        ("team/app:dev-*", "team/app", "dev-", True),
        ("team/app:dev-*", "team/app", "dev-1.2_x", True),
        ("team/app:dev-*", "team/app", "dev", False),
        ("team/app:*-SNAPSHOT", "team/app", "1.0-SNAPSHOT", True),
        ("team/app:*-SNAPSHOT", "team/app", "1.0-SNAPSHOT-2", False),
        ("team/*:dev", "team/app", "dev", True),
        ("team/*:dev", "team/app/tools", "dev", True),
        ("team/*:dev", "team2/app", "dev", False),
        ("*:sha256-*", "team/app", "sha256-abc.sig", True),
        ("*:*", "any/thing/at/all", "1.0", True),
        ("team/app:v?", "team/app", "v1", True),
        ("team/app:v?", "team/app", "v10", False),
        ("team/app:v[0-9]", "team/app", "v1", True),
        ("team/app:v[!0-9]", "team/app", "v1", False),
        ("team/app:1.0", "team/app", "1x0", False),
    ],
)
def test_a_pattern_matches_repository_and_tag_as_globs(
    pattern: str, repository: str, tag: str, *, allowed: bool
) -> None:
    assert allows(pattern, repository, tag) is allowed


def test_no_pattern_lets_nothing_move() -> None:
    assert not MutableTags().allow(Repository.parse("team/app"), Tag.parse("dev"))
    assert MutableTags.parse([]) == MutableTags()


def test_one_pattern_of_several_is_enough() -> None:
    patterns = MutableTags.parse(["team/app:dev", "other/*:edge"])
    assert patterns.allow(Repository.parse("team/app"), Tag.parse("dev"))
    assert patterns.allow(Repository.parse("other/app"), Tag.parse("edge"))
    assert not patterns.allow(Repository.parse("team/app"), Tag.parse("edge"))


@pytest.mark.parametrize(
    "pattern", ["", ":", "team/app", "team/app:", ":dev", "team/app:dev:x", "host:80/team:dev", "::"]
)
def test_what_is_no_pattern_is_refused_and_repeated(pattern: str) -> None:
    with pytest.raises(ValueError, match="repository-glob:tag-glob") as error:
        MutableTags.parse(["team/app:dev", pattern])
    assert repr(pattern) in str(error.value)


@settings(deadline=None)
@given(pattern=st.text())
def test_any_text_is_a_pattern_or_a_value_error(pattern: str) -> None:
    try:
        patterns = MutableTags.parse([pattern])
    except ValueError:
        assert pattern.count(":") != 1 or pattern.startswith(":") or pattern.endswith(":")
    else:
        patterns.allow(Repository.parse("team/app"), Tag.parse("dev"))
