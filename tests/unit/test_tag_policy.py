"""When a tag may be bound: all cases in one table."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pierone_core import tag_policy
from pierone_core.errors import Denied, TagImmutable
from pierone_core.records import TagBinding
from pierone_core.values import Digest, Repository, Tag

APP, PUSHED, OTHER = Repository.parse("team/app"), Digest.of(b"pushed"), Digest.of(b"other")
AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)

# What the tag holds, whether it was bound as immutable, whether a pattern lets it move now: may it be bound?
TABLE = [
    # held     immutable  mutable  allowed
    (None, None, False, True),
    (None, None, True, True),
    (PUSHED, True, False, True),
    (PUSHED, True, True, True),
    (PUSHED, False, False, True),
    (PUSHED, False, True, True),
    (OTHER, True, False, False),
    (OTHER, True, True, False),  # a promise once made is kept, whatever the setting says now
    (OTHER, False, False, False),  # and a setting that is gone lets nothing move
    (OTHER, False, True, True),
]


def binding(tag: Tag, held: Digest | None, immutable: bool | None) -> TagBinding | None:  # noqa: FBT001 - a column
    return TagBinding(APP, tag, held, bool(immutable), "alice", AT) if held else None


def test_the_table_has_every_case() -> None:
    held_cases = itertools.product([PUSHED, OTHER], [True, False], [True, False])
    free_cases = itertools.product([None], [None], [True, False])
    assert {row[:3] for row in TABLE} == {*held_cases, *free_cases}
    assert len(TABLE) == 10


@pytest.mark.parametrize(("held", "immutable", "mutable", "allowed"), TABLE)
def test_a_tag_may_be_bound_as_the_table_says(
    held: Digest | None, *, immutable: bool | None, mutable: bool, allowed: bool
) -> None:
    tag = Tag.parse("1.0")
    if allowed:
        tag_policy.check(tag, PUSHED, binding(tag, held, immutable), mutable=mutable)
    else:
        with pytest.raises(TagImmutable):
            tag_policy.check(tag, PUSHED, binding(tag, held, immutable), mutable=mutable)


@pytest.mark.parametrize(("held", "immutable", "mutable", "_"), TABLE)
def test_latest_can_never_be_pushed(held: Digest | None, *, immutable: bool | None, mutable: bool, _: bool) -> None:
    latest = Tag.parse("latest")
    with pytest.raises(TagImmutable, match="latest") as error:
        tag_policy.check(latest, PUSHED, binding(latest, held, immutable), mutable=mutable)
    assert error.value.detail == {"reason": "TAG_LATEST", "tag": "latest"}


def test_a_refusal_says_who_holds_the_tag_since_when_and_what_to_do() -> None:
    tag = Tag.parse("1.0")
    with pytest.raises(Denied) as error:
        tag_policy.check(tag, PUSHED, binding(tag, OTHER, immutable=True), mutable=False)
    assert error.value.message == (
        f"tag 1.0 of team/app is immutable and already holds {OTHER}, "
        "pushed by alice at 2026-03-01T12:30:15Z; push under a new tag"
    )
    assert error.value.detail == {
        "reason": "TAG_IMMUTABLE",
        "tag": "1.0",
        "existing": str(OTHER),
        "pushed": str(PUSHED),
        "author": "alice",
        "time": "2026-03-01T12:30:15.123456+00:00",
    }


def test_a_refusal_tells_the_time_in_utc_whatever_zone_it_was_noted_in() -> None:
    tag, tokyo = Tag.parse("1.0"), timezone(timedelta(hours=9))
    holder = TagBinding(APP, tag, OTHER, immutable=True, author="alice", bound_at=AT.astimezone(tokyo))
    with pytest.raises(TagImmutable, match="at 2026-03-01T12:30:15Z"):
        tag_policy.check(tag, PUSHED, holder, mutable=False)
