"""Tokens of the registry: what they name is all that their bearer may do."""

from dataclasses import replace

import pytest

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import NOBODY, PULL, PUSH, Caller, Grants
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, ScopeMissing, Unauthorized
from pierone_core.values import Repository

OUR_APP = Repository("ours/app")
POLICIES = [AccessPolicy(NoTeams(), NoApplications(), public_read=public_read) for public_read in (False, True)]
ELSEWHERE = ["ours/app2", "ours/app/part", "ours", "theirs/app", "Ours/app", "ours/app/", ""]


def bearer(*allowed: tuple[str, str], **refused: str) -> Caller:
    """A member of the team, with a token; `refused`: actions on ours/app, and why."""
    refusals = {(OUR_APP.name, action): reason for action, reason in refused.items()}
    return Caller("alice", teams=frozenset({"ours"}), grants=Grants(frozenset(allowed), refusals))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_token_allows_what_it_names_even_to_who_is_no_member_any_more(policy: AccessPolicy) -> None:
    caller = replace(bearer(("ours/app", PUSH), ("theirs/app", PULL)), teams=frozenset())
    policy.check_push(caller, OUR_APP)
    policy.check_pull(caller, Repository("theirs/app"))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_token_for_another_repository_allows_nothing_here_even_to_a_member(policy: AccessPolicy, name: str) -> None:
    elsewhere = bearer((name, PUSH), (name, PULL))
    with pytest.raises(ScopeMissing, match="does not cover push of ours/app"):
        policy.check_push(elsewhere, OUR_APP)
    with pytest.raises(ScopeMissing, match="does not cover pull of ours/app"):
        policy.check_pull(elsewhere, OUR_APP)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_token_to_pull_does_not_push_and_the_other_way_round(policy: AccessPolicy) -> None:
    with pytest.raises(ScopeMissing):
        policy.check_push(bearer(("ours/app", PULL)), OUR_APP)
    with pytest.raises(ScopeMissing):
        policy.check_pull(bearer(("ours/app", PUSH)), OUR_APP)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_token_says_why_something_was_refused_when_it_was_issued(policy: AccessPolicy) -> None:
    with pytest.raises(Denied, match=r"^no member, said the team$"):
        policy.check_push(bearer(push="no member, said the team"), OUR_APP)
    with pytest.raises(ScopeMissing):
        policy.check_pull(bearer(push="no member, said the team"), OUR_APP)


def test_what_is_allowed_and_refused_in_one_token_is_allowed() -> None:
    POLICIES[0].check_push(bearer(("ours/app", PUSH), push="and not"), OUR_APP)


def test_a_token_for_nobody_reads_what_belongs_to_no_repository_only_with_public_read() -> None:
    caller = replace(NOBODY, grants=Grants(frozenset({("ours/app", PULL)})))
    closed, public = POLICIES
    public.check_read(caller)
    with pytest.raises(Unauthorized):
        closed.check_read(caller)
