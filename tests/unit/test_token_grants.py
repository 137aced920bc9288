"""What a token of the registry grants: never more than was asked for, never anything that the policy denies."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierone_core.access_policy import WRITE, WRITE_ALL, AccessPolicy
from pierone_core.caller import (
    ANONYMOUS,
    EMPLOYEES,
    INSTANCES,
    NOBODY,
    PULL,
    PUSH,
    SERVICES,
    Caller,
    Grants,
)
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, Unauthorized, Unavailable
from pierone_core.ports import Application
from pierone_core.token_scope import TEAMS_AT_ONCE, judge, parse_scopes
from pierone_core.values import Repository

APP = Repository("ours/app")
OPEN = AccessPolicy(NoTeams(), NoApplications(), public_read=True)

MEMBER = Caller("alice", teams=frozenset({"ours"}))


def test_a_member_gets_what_the_member_may_do_and_the_reason_for_the_rest() -> None:
    asked = parse_scopes(["repository:ours/app:pull,push repository:theirs/app:pull,push"])
    grants = judge(AccessPolicy(NoTeams(), NoApplications()), MEMBER, asked)
    assert grants.allowed == {("ours/app", PULL), ("ours/app", PUSH), ("theirs/app", PULL)}
    assert set(grants.refused) == {("theirs/app", PUSH)}
    assert "not a member of team theirs" in grants.refused["theirs/app", PUSH]


def test_nobody_gets_what_is_public_and_for_the_rest_no_reason_but_a_challenge() -> None:
    asked = parse_scopes(["repository:ours/app:pull,push"])
    assert judge(OPEN, NOBODY, asked) == Grants(frozenset({("ours/app", PULL)}))
    assert judge(AccessPolicy(NoTeams(), NoApplications()), NOBODY, asked) == Grants()


def test_a_token_of_the_registry_is_not_widened_by_another() -> None:
    bearer = Caller("alice", teams=MEMBER.teams, grants=Grants(frozenset({("ours/app", PULL)})))
    asked = parse_scopes(["repository:ours/app:pull,push repository:ours/other:pull,push"])
    assert judge(OPEN, bearer, asked) == bearer.grants


@dataclass(frozen=True)
class Directory:
    """Members of one team, and applications of one team; silent if there is none."""

    team: str

    def has_member(self, team: str, caller: Caller) -> bool:  # noqa: ARG002
        """See `TeamDirectory`."""
        if not self.team:
            raise Unavailable("no answer")
        return team == self.team

    def application_of(self, caller: Caller) -> Application:  # noqa: ARG002
        """See `ApplicationDirectory`."""
        if not self.team:
            raise Unavailable("no answer")
        return Application(self.team, active=True)


def test_a_directory_that_does_not_answer_leaves_no_token() -> None:
    silent = AccessPolicy(Directory(""), Directory(""))
    with pytest.raises(Unavailable):
        judge(silent, Caller("bob"), [(APP, PULL), (APP, PUSH)])


@dataclass(frozen=True)
class Counting(Directory):
    """A directory that notes which teams it was asked about."""

    asked: list[str] = field(default_factory=list)

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        self.asked.append(team)
        return super().has_member(team, caller)


def test_a_token_request_asks_about_a_few_teams_and_leaves_the_others_to_another_request() -> None:
    teams = Counting("team3")
    scopes = [f"repository:team{number}/app{which}:pull,push" for number in range(9) for which in range(2)]
    grants = judge(AccessPolicy(teams, teams), Caller("bob"), parse_scopes(scopes))
    assert set(teams.asked) == {f"team{number}" for number in range(TEAMS_AT_ONCE)}
    assert {name for name, action in grants.allowed if action == PUSH} == {"team3/app0", "team3/app1"}
    assert {name for name, action in grants.allowed if action == PULL} >= {"team8/app0", "team8/app1"}
    assert {name.partition("/")[0] for name, _ in grants.refused} == {"team0", "team1", "team2"}


NAMES = st.sampled_from(["ours/app", "ours/app2", "theirs/app", "ours/app/part", "ours-too/app"])
ODD_NAMES = st.sampled_from(["*", "ours", "ours/*", "Ours/app", "ours/../theirs/app", "h:5/ours/app", ""])
ACTIONS = st.sampled_from([PULL, PUSH, "delete", "*", "PULL", ""])
KINDS = st.sampled_from(["repository", "registry", "repository(plugin)", "Repository", "", "*"])
SCOPES = st.builds(
    "{}:{}:{}".format, KINDS, NAMES | ODD_NAMES | st.text(max_size=8), st.lists(ACTIONS, max_size=4).map(",".join)
)
CALLERS = st.builds(
    Caller,
    st.just("caller"),
    realm=st.sampled_from([EMPLOYEES, SERVICES, INSTANCES, ANONYMOUS, "customers", ""]),
    scopes=st.frozensets(st.sampled_from([WRITE, WRITE_ALL, "uid"])),
    teams=st.frozensets(st.sampled_from(["ours", "theirs", "ours-too"])),
)
POLICIES = st.builds(
    AccessPolicy,
    st.sampled_from([Directory("ours"), Directory("theirs"), NoTeams()]),
    st.sampled_from([Directory("ours"), Directory("theirs"), NoApplications()]),
    public_read=st.booleans(),
)


def answer(policy: AccessPolicy, caller: Caller, repository: Repository, action: str) -> str:
    """Yes, the reason for a no, or a challenge."""
    try:
        (policy.check_push if action == PUSH else policy.check_pull)(caller, repository)
    except Denied as refusal:
        return refusal.message
    except Unauthorized:
        return "log in"
    return "yes"


@given(POLICIES, CALLERS, st.lists(SCOPES, max_size=6))
def test_nothing_is_granted_that_was_not_asked_for_or_that_the_policy_denies(
    policy: AccessPolicy, caller: Caller, scopes: list[str]
) -> None:
    grants = judge(policy, caller, parse_scopes(scopes))
    for name, action in grants.allowed:
        assert any(
            scope.startswith(f"repository:{name}:") and action in scope.rpartition(":")[2].split(",")
            for scope in " ".join(scopes).split()
        )
        assert answer(policy, caller, Repository.parse(name), action) == "yes"
    assert not grants.allowed & set(grants.refused)


@given(POLICIES, CALLERS, st.lists(SCOPES, max_size=6))
def test_a_token_answers_as_the_policy_does_to_whoever_asked_for_enough(
    policy: AccessPolicy, caller: Caller, scopes: list[str]
) -> None:
    asked = parse_scopes(scopes)
    bearer = Caller(caller.name, grants=judge(policy, caller, asked))
    for repository, action in asked:
        assert answer(policy, bearer, repository, action) == answer(policy, caller, repository, action)
