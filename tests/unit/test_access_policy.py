"""Who may push: members of the team that owns the repository."""

import pytest

from pierone_core import access_policy
from pierone_core.caller import Caller
from pierone_core.errors import Denied
from pierone_core.values import Repository

APP = Repository.parse("team/app")


@pytest.mark.parametrize(
    "caller",
    [
        Caller("alice", teams=frozenset({"team"})),
        Caller("alice", teams=frozenset({"crew", "team", "other"})),
        Caller("anonymous", unrestricted=True),
    ],
)
@pytest.mark.parametrize("repository", ["team/app", "team/app/tools", "team/other"])
def test_a_member_may_push_to_every_repository_of_the_team(caller: Caller, repository: str) -> None:
    access_policy.check_push(caller, Repository.parse(repository))


@pytest.mark.parametrize(
    "teams",
    [[], ["other"], ["tea"], ["teams"], ["team/app"], ["Team"], ["app"], [""], ["*"]],
    ids=repr,
)
def test_who_is_no_member_may_not_push(teams: list[str]) -> None:
    with pytest.raises(Denied):
        access_policy.check_push(Caller("eve", teams=frozenset(teams)), APP)


def test_the_name_of_a_caller_gives_no_right() -> None:
    with pytest.raises(Denied):
        access_policy.check_push(Caller("team"), APP)


def test_a_refusal_says_who_what_and_what_to_do() -> None:
    with pytest.raises(Denied) as error:
        access_policy.check_push(Caller("eve", teams=frozenset({"b", "a"})), APP)
    assert error.value.message == (
        "eve may not push to team/app: not a member of team team; "
        "ask that team for membership or push to a repository of your own team"
    )
    assert error.value.detail == {"caller": "eve", "team": "team", "teams": ["a", "b"]}
