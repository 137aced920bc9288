"""The team service: who is a member, in each of its generations, and nobody while it does not say so."""

from typing import get_args

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always
from tests.integration.identity.stups import team_service

from pierone_adapters.stups import TeamService
from pierone_adapters.stups.team_service import Api
from pierone_core.caller import Caller
from pierone_core.errors import Denied, Unavailable

TEAMS = {"myteam": ["alice", "bob", "carol@example.org"], "other": ["bob", "a/../b?member=alice"]}
ALIASES = {"myteam": ["my-alias"]}
ALICE = Caller("alice", token="t0ken-of-alice")
BOB = Caller("bob", token="t0ken-of-bob")
APIS = get_args(Api)


@pytest.fixture
def server(stand: STAND) -> StandIn:
    return stand(team_service(TEAMS, ALIASES))


@pytest.fixture(params=APIS)
def teams(request: pytest.FixtureRequest, server: StandIn, connect: CONNECT) -> TeamService:
    return TeamService(connect(0.5), server.url + "/", request.param)


@pytest.fixture
def by_team(server: StandIn, connect: CONNECT) -> TeamService:
    return TeamService(connect(), server.url)


def test_members_are_members_and_others_are_not(teams: TeamService) -> None:
    assert teams.has_member("myteam", ALICE)
    assert not teams.has_member("other", ALICE)
    assert teams.has_member("other", BOB)
    assert not teams.has_member("unknown", ALICE)
    assert not teams.has_member("myteam", Caller("mallory", token="t"))


def test_it_is_asked_with_the_token_of_the_caller(teams: TeamService, server: StandIn) -> None:
    teams.has_member("myteam", ALICE)
    teams.has_member("myteam", BOB)
    assert [asked.token for asked in server.asked] == ["t0ken-of-alice", "t0ken-of-bob"]


def test_without_a_token_nobody_is_a_member_and_nothing_is_asked(teams: TeamService, server: StandIn) -> None:
    assert not teams.has_member("myteam", Caller("alice"))
    assert server.asked == []


def test_each_generation_has_its_own_path(connect: CONNECT, server: StandIn) -> None:
    for api in APIS:
        TeamService(connect(), server.url, api).has_member("myteam", Caller("carol@example.org", token="t"))
    assert [asked.target for asked in server.asked] == [
        "/teams/myteam",
        "/teams?member=carol%40example.org",
        "/api/accounts/aws?member=carol%40example.org",
        "/user/carol%40example.org",
    ]


def test_a_strange_name_stays_one_name(teams: TeamService, server: StandIn) -> None:
    strange = Caller("a/../b?member=alice", token="t")
    assert not teams.has_member("myteam", strange)
    (asked,) = server.asked
    assert "alice" not in asked.path.split("/")
    assert asked.query.get("member") in (None, strange.name)


@pytest.mark.parametrize("dots", [".", ".."])
def test_dots_are_nobody(teams: TeamService, server: StandIn, dots: str) -> None:
    assert not teams.has_member("myteam", Caller(dots, token="t"))
    assert not teams.has_member(dots, ALICE)
    assert server.asked == []


def test_a_team_is_known_by_its_aliases(by_team: TeamService) -> None:
    assert by_team.has_member("my-alias", ALICE)
    assert not by_team.has_member("my-alias", Caller("mallory", token="t"))


def test_the_answer_must_be_about_the_team_that_was_asked_for(by_team: TeamService, server: StandIn) -> None:
    server.answer = reply_always(Reply(body={"id": "other", "member": ["alice"], "alias": ["another"]}))
    assert not by_team.has_member("myteam", ALICE)


MALFORMED = {
    "no JSON": Reply(body=b"<html>"),
    "a number": Reply(body=5),
    "a list of numbers": Reply(body=[5]),
    "names only": Reply(body=["myteam"]),
    "members that are no list": Reply(body={"id": "myteam", "member": "alice and others"}),
    "aliases that are no list": Reply(body={"id": "x", "member": ["alice"], "alias": "myteam"}),
    "no members": Reply(body={"id": "myteam"}),
    "bad request": Reply(400, {"id": "myteam", "member": ["alice"]}),
    "a failure": Reply(500),
    "nobody home": Reply(503),
    "nothing": HANG,
}


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_is_named_as_the_reason(teams: TeamService, server: StandIn, status: int) -> None:
    server.answer = reply_always(Reply(status, {"id": "myteam", "member": ["alice"]}))
    with pytest.raises(Denied, match=f"the source refuses the token .* {status}.*log in again") as refusal:
        teams.has_member("myteam", ALICE)
    assert ALICE.token not in refusal.value.message
    server.answer = team_service(TEAMS)
    assert teams.has_member("myteam", ALICE)


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED.keys())
def test_anything_but_a_clear_answer_makes_nobody_a_member(teams: TeamService, server: StandIn, reply: Reply) -> None:
    server.answer = reply_always(reply)
    with pytest.raises(Unavailable) as failure:
        teams.has_member("myteam", ALICE)
    assert ALICE.token not in failure.value.message
    server.answer = team_service(TEAMS)
    assert teams.has_member("myteam", ALICE)
