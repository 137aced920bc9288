"""Scopes of token requests: what they grant, and that no way of writing one grants more."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import (
    PULL,
    PUSH,
    Caller,
)
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.token_scope import SCOPES_AT_ONCE, judge, parse_scopes

OPEN = AccessPolicy(NoTeams(), NoApplications(), public_read=True)
ANYONE = Caller("anyone", unrestricted=True)


def granted(*scopes: str) -> set[tuple[str, str]]:
    """What somebody gets for the asking who may do everything."""
    return set(judge(OPEN, ANYONE, parse_scopes(scopes)).allowed)


@pytest.mark.parametrize(
    ("scope", "actions"),
    [
        ("repository:ours/app:pull", {PULL}),
        ("repository:ours/app:push", {PUSH}),
        ("repository:ours/app:pull,push", {PULL, PUSH}),
        ("repository:ours/app:push,pull", {PULL, PUSH}),
        ("repository:ours/app:pull,pull", {PULL}),
        ("repository:ours/app:push,delete", {PUSH}),
        ("repository:ours/app:delete,*,pull", {PULL}),
        ("repository:ours/app:,pull,", {PULL}),
    ],
)
def test_a_scope_grants_the_actions_that_it_names(scope: str, actions: set[str]) -> None:
    assert granted(scope) == {("ours/app", action) for action in actions}


@pytest.mark.parametrize("name", ["ours/app/part", "ours/a.b_c-d__e", "0/1", "ours/" + "a" * 250])
def test_a_scope_names_any_repository_that_there_can_be(name: str) -> None:
    assert granted(f"repository:{name}:pull") == {(name, PULL)}


@pytest.mark.parametrize(
    "scope",
    [
        "",
        ":",
        "::",
        "pull",
        "repository",
        "repository:ours/app",
        "repository:ours/app:",
        "repository::pull",
        "ours/app:pull",
        ":ours/app:pull",
        "repository:ours/app:*",
        "repository:ours/app:delete",
        "repository:ours/app:PULL",
        "repository:ours/app:Push",
        "repository:ours/app:pull;push",
        "repository:ours/app:pull|push",
        "repository:ours/app:pushpull",
        "repository:ours/app:pull%2Cpush",
        "repository:ours/app:pull\0",
        "repository:ours/app:ｐｕｌｌ",  # noqa: RUF001 - full-width letters
        "repository:ours/app:pull:x",
        "Repository:ours/app:pull",
        "REPOSITORY:ours/app:pull",
        "repository(plugin):ours/app:pull",
        "repository(image):ours/app:pull",
        "repositories:ours/app:pull",
        "registry:catalog:*",
        "registry:catalog:pull",
        "registry:ours/app:pull,push",
        "*:*:*",
        "repository:*:pull",
        "repository:ours/*:push",
        "repository:ours/app*:push",
        "repository:**:*",
        "repository:ours:pull",
        "repository:ours/:pull",
        "repository:/ours/app:pull",
        "repository:ours/app/:pull",
        "repository:ours//app:pull",
        "repository:ours/./app:pull",
        "repository:ours/../theirs/app:push",
        "repository:../ours/app:push",
        "repository:ours/..:push",
        "repository:ours%2fapp:push",
        "repository:ours/%2e%2e/theirs:push",
        "repository:ours\\app:push",
        "repository:Ours/app:push",
        "repository:ours/app@sha256:push",
        "repository:ours/app:1.0:push",
        "repository:ours/app:1.0:x,push",
        "repository:registry.example/ours/app\0:push",
        "repository:registry.example:5000/ours/app:push",
        "repository:оurs/app:push",  # noqa: RUF001 - a Cyrillic letter
        "repository:ours/äpp:push",
        "repository:ours/app\u200b:push",
        "repository:ours/" + "a" * 251 + ":pull",
    ],
)
def test_what_is_not_understood_grants_nothing(scope: str) -> None:
    assert granted(scope) == set()


def test_several_scopes_may_come_in_one_parameter_or_in_several() -> None:
    both = {("ours/app", PUSH), ("theirs/app", PULL)}
    assert granted("repository:ours/app:push repository:theirs/app:pull") == both
    assert granted("repository:ours/app:push", "repository:theirs/app:pull") == both
    assert granted("  repository:ours/app:push   repository:theirs/app:pull ", "") == both


def test_a_scope_that_is_not_understood_does_not_spoil_the_others() -> None:
    assert granted("registry:catalog:*", "* repository:ours/app:pull x:y:z") == {("ours/app", PULL)}


def test_of_a_thousand_scopes_the_first_ones_are_read_however_they_come() -> None:
    scopes = [f"repository:ours/app{number}:pull" for number in range(1000)]
    first = {(f"ours/app{number}", PULL) for number in range(SCOPES_AT_ONCE)}
    assert granted(*scopes) == granted(" ".join(scopes)) == granted(" ".join(scopes[:7]), *scopes[7:]) == first


@given(st.lists(st.text(string.printable) | st.text(), max_size=5))
@example(["\ud800"])
def test_no_text_is_too_odd_to_be_read(texts: list[str]) -> None:
    assert all(action in (PULL, PUSH) for _, action in parse_scopes(texts))
