"""Who may push and who may pull: the table of the rules, which leaves out no combination, and what stands beside it."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from pierone_core.access_policy import WRITE, WRITE_ALL, AccessPolicy
from pierone_core.caller import ANONYMOUS, EMPLOYEES, INSTANCES, NOBODY, SERVICES, Caller
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, RegistryError, ScopeMissing, Unauthorized
from pierone_core.ports import Application
from pierone_core.values import Repository

OUR_APP = Repository("ours/app")

# The columns of the table.
REALMS = [EMPLOYEES, SERVICES, INSTANCES, ANONYMOUS, "customers", "", "/employees", "/services", "Employees"]
OTHER_REALMS = REALMS[4:]
NO_SCOPE: frozenset[str] = frozenset()
LIKE_WRITE = frozenset({"application.write_all_trusted", "application", "APPLICATION.WRITE", "write_all", "uid"})
MAY_WRITE = frozenset({"uid", WRITE})
MAY_WRITE_ALL = frozenset({WRITE_ALL})
BOTH = frozenset({WRITE, WRITE_ALL})
SCOPES = [NO_SCOPE, LIKE_WRITE, MAY_WRITE, MAY_WRITE_ALL, BOTH]
STRANGER, TOKEN_SAYS_MEMBER, DIRECTORY_SAYS_MEMBER = "no member", "member by token", "member by directory"
MEMBERSHIPS = [STRANGER, TOKEN_SAYS_MEMBER, DIRECTORY_SAYS_MEMBER]
UNKNOWN = None
OURS, OURS_RETIRED = Application("ours", active=True), Application("ours", active=False)
THEIRS, THEIRS_RETIRED = Application("theirs", active=True), Application("theirs", active=False)
APPLICATIONS = [UNKNOWN, OURS, OURS_RETIRED, THEIRS, THEIRS_RETIRED]
ALL_CASES = list(itertools.product(REALMS, SCOPES, MEMBERSHIPS, APPLICATIONS))

ALLOWED = "allowed"
NOT_A_MEMBER = (
    "caller may not push to ours/...: not a member of team ours; "
    "ask that team for membership, or push to a repository of your own team"
)
NO_WRITE = "service user caller may not push: its token has neither scope application.write nor application.write_all"
NOT_IN_KIO = "service user caller may not push to ours/...: its application is not registered in Kio"
RETIRED = "service user caller may not push to ours/...: its application belongs to team ours and is not active in Kio"
OF_OTHERS = "service user caller may not push to ours/...: its application belongs to team theirs in Kio"
RETIRED_OF_OTHERS = (
    "service user caller may not push to ours/...: its application belongs to team theirs and is not active in Kio"
)
LOG_IN = "log in to push to ours/app: docker login <registry>"
ONLY_PULL = "caller may not push: realm {} may only pull"

Case = tuple[str, frozenset[str], str, Application | None]
Column = Sequence[object]
Row = tuple[Column, Column, Column, Column, str]
TABLE: list[Row] = [
    ([EMPLOYEES], SCOPES, [TOKEN_SAYS_MEMBER, DIRECTORY_SAYS_MEMBER], APPLICATIONS, ALLOWED),
    ([EMPLOYEES], SCOPES, [STRANGER], APPLICATIONS, NOT_A_MEMBER),
    ([SERVICES], [MAY_WRITE_ALL, BOTH], MEMBERSHIPS, APPLICATIONS, ALLOWED),
    ([SERVICES], [MAY_WRITE], MEMBERSHIPS, [OURS], ALLOWED),
    ([SERVICES], [MAY_WRITE], MEMBERSHIPS, [UNKNOWN], NOT_IN_KIO),
    ([SERVICES], [MAY_WRITE], MEMBERSHIPS, [OURS_RETIRED], RETIRED),
    ([SERVICES], [MAY_WRITE], MEMBERSHIPS, [THEIRS], OF_OTHERS),
    ([SERVICES], [MAY_WRITE], MEMBERSHIPS, [THEIRS_RETIRED], RETIRED_OF_OTHERS),
    ([SERVICES], [NO_SCOPE, LIKE_WRITE], MEMBERSHIPS, APPLICATIONS, NO_WRITE),
    ([INSTANCES, *OTHER_REALMS], SCOPES, MEMBERSHIPS, APPLICATIONS, ONLY_PULL),
    ([ANONYMOUS], SCOPES, MEMBERSHIPS, APPLICATIONS, LOG_IN),
]


@dataclass(frozen=True)
class Directory:
    """Teams and applications that say the same of everybody."""

    members_of: str = ""
    application: Application | None = None

    def has_member(self, team: str, caller: Caller) -> bool:  # noqa: ARG002
        """See `TeamDirectory`."""
        return team == self.members_of

    def application_of(self, caller: Caller) -> Application | None:  # noqa: ARG002
        """See `ApplicationDirectory`."""
        return self.application


def judge(check: Callable[[Caller, Repository], None], caller: Caller, repository: Repository = OUR_APP) -> str:
    """What comes of it: allowed, or the sentence of the refusal; 401 and 403 are told apart by `LOG_IN`."""
    try:
        check(caller, repository)
    except RegistryError as refusal:
        assert isinstance(refusal, Unauthorized if caller.realm == ANONYMOUS else Denied)  # noqa: PT017
        return refusal.message
    return ALLOWED


def caller_and_policy(case: Case) -> tuple[Caller, AccessPolicy]:
    realm, scopes, membership, application = case
    teams = frozenset({"ours"}) if membership == TOKEN_SAYS_MEMBER else frozenset({"others"})
    directory = Directory("ours" if membership == DIRECTORY_SAYS_MEMBER else "others", application)
    return Caller("caller", realm=realm, scopes=scopes, teams=teams), AccessPolicy(directory, directory)


def rows_for(case: Case) -> list[str]:
    return [row[4] for row in TABLE if all(value in column for value, column in zip(case, row[:4], strict=True))]


def test_the_table_says_one_thing_about_every_combination() -> None:
    assert len(ALL_CASES) == 9 * 5 * 3 * 5
    assert not [case for case in ALL_CASES if len(rows_for(case)) != 1]


@pytest.mark.parametrize("realm", REALMS)
def test_pushing_is_judged_as_the_table_says(realm: str) -> None:
    for case in ALL_CASES:
        if case[0] == realm:
            caller, policy = caller_and_policy(case)
            assert judge(policy.check_push, caller) == rows_for(case)[0].format(realm or "(none)"), case


@pytest.mark.parametrize("public_read", [False, True])
def test_everybody_may_pull_who_is_somebody_and_with_public_read_everybody(public_read: bool) -> None:  # noqa: FBT001
    for case in ALL_CASES:
        caller, closed = caller_and_policy(case)
        policy = replace(closed, public_read=public_read)
        expected = public_read or caller.realm != ANONYMOUS
        for check in (policy.check_pull, lambda who, _: policy.check_read(who)):  # noqa: B023 - called at once
            assert (judge(check, caller) == ALLOWED) is expected, case


def test_public_read_lets_nobody_push() -> None:
    for case in ALL_CASES:
        caller, policy = caller_and_policy(case)
        assert judge(replace(policy, public_read=True).check_push, caller) == judge(policy.check_push, caller)


def test_who_calls_without_a_name_is_told_to_log_in() -> None:
    policy = AccessPolicy(NoTeams(), NoApplications())
    with pytest.raises(Unauthorized, match="log in to use this registry") as raised:
        policy.check_pull(NOBODY, OUR_APP)
    assert not isinstance(raised.value, ScopeMissing)


@pytest.mark.parametrize("team", ["our", "ours-too", "Ours", "app", "ours/app", ""])
def test_membership_of_a_team_with_a_similar_name_does_not_count(team: str) -> None:
    by_token = AccessPolicy(NoTeams(), NoApplications())
    assert judge(by_token.check_push, Caller("caller", teams=frozenset({team}))) == NOT_A_MEMBER
    by_directory = AccessPolicy(Directory(team), NoApplications())
    assert judge(by_directory.check_push, Caller("caller")) == NOT_A_MEMBER


def test_an_application_of_a_team_with_a_similar_name_does_not_count() -> None:
    applications = Directory(application=Application("ours-too", active=True))
    caller = Caller("caller", realm=SERVICES, scopes=MAY_WRITE)
    with pytest.raises(Denied, match="belongs to team ours-too"):
        AccessPolicy(NoTeams(), applications).check_push(caller, OUR_APP)


@pytest.mark.parametrize("name", ["ours/app", "ours/app/part", "ours/theirs/app"])
def test_the_first_component_is_the_team_however_deep_the_repository_is(name: str) -> None:
    policy = AccessPolicy(NoTeams(), NoApplications())
    assert judge(policy.check_push, Caller("caller", teams=frozenset({"ours"})), Repository(name)) == ALLOWED
    assert judge(policy.check_push, Caller("caller", teams=frozenset({"theirs"})), Repository(name)) == NOT_A_MEMBER


def test_a_refusal_tells_programs_who_was_refused_and_where() -> None:
    policy = AccessPolicy(NoTeams(), Directory(application=None))
    with pytest.raises(Denied) as no_member:
        policy.check_push(Caller("alice"), OUR_APP)
    with pytest.raises(Denied) as no_scope:
        policy.check_push(Caller("robot", realm=SERVICES, scopes=LIKE_WRITE), OUR_APP)
    with pytest.raises(Denied) as no_application:
        policy.check_push(Caller("robot", realm=SERVICES, scopes=MAY_WRITE), OUR_APP)
    assert no_member.value.detail == {"caller": "alice", "team": "ours"}
    assert no_scope.value.detail == {"caller": "robot", "scopes": sorted(LIKE_WRITE)}
    assert no_application.value.detail == {"caller": "robot", "team": "ours"}


def test_without_kio_a_service_user_is_told_that_there_is_none() -> None:
    with pytest.raises(
        Denied, match=r"robot may not push: this registry is connected to no Kio.*application\.write_all"
    ):
        AccessPolicy(NoTeams(), NoApplications()).check_push(Caller("robot", realm=SERVICES, scopes=MAY_WRITE), OUR_APP)


@pytest.mark.parametrize("realm", REALMS)
def test_without_identity_everything_is_allowed_to_the_one_caller_there_is(realm: str) -> None:
    policy = AccessPolicy(NoTeams(), NoApplications(), public_read=True)
    assert judge(policy.check_push, Caller("anyone", realm=realm, unrestricted=True)) == ALLOWED
