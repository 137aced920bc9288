"""Kio: whose a service user's application is, and nobody's while Kio does not say so."""

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always
from tests.integration.identity.stups import kio

from pierone_adapters.stups import Kio
from pierone_core.caller import SERVICES, Caller
from pierone_core.errors import Unavailable
from pierone_core.ports import Application

APPLICATIONS = {"kio": {"team_id": "myteam", "active": True}, "old": {"team_id": "myteam", "active": False}}
ANSWER = {"id": "kio", "team_id": "myteam", "active": True}


@pytest.fixture
def server(stand: STAND) -> StandIn:
    return stand(kio(APPLICATIONS))


@pytest.fixture
def applications(server: StandIn, connect: CONNECT) -> Kio:
    return Kio(connect(0.5), server.url + "/", "stups_")


def service(name: str) -> Caller:
    return Caller(name, realm=SERVICES, token="t0ken")


def test_a_service_user_is_its_application(applications: Kio, server: StandIn) -> None:
    assert applications.application_of(service("stups_kio")) == Application("myteam", active=True)
    assert applications.application_of(service("stups_old")) == Application("myteam", active=False)
    assert [(asked.path, asked.token) for asked in server.asked] == [("/apps/kio", "t0ken"), ("/apps/old", "t0ken")]


def test_without_a_prefix_the_name_is_the_application(server: StandIn, connect: CONNECT) -> None:
    assert Kio(connect(), server.url).application_of(service("kio")) == Application("myteam", active=True)


def test_an_unknown_application_is_none(applications: Kio) -> None:
    assert applications.application_of(service("stups_unknown")) is None


NO_APPLICATION = ["kio", "other_kio", "stups_", "stups_k", "stups_Kio", "stups_1kio", "stups_kio-", "stups_ki_o"] + [
    f"stups_{name}" for name in ("../teams", "kio/../old", "kio?x=1", "kio#", "kio\n", "%6bio", "kiö", "k" * 256)
]


@pytest.mark.parametrize("name", NO_APPLICATION)
def test_a_name_that_no_application_has_is_not_asked_about(applications: Kio, server: StandIn, name: str) -> None:
    assert applications.application_of(service(name)) is None
    assert server.asked == []


def test_without_a_token_nothing_is_asked(applications: Kio, server: StandIn) -> None:
    assert applications.application_of(Caller("stups_kio", realm=SERVICES)) is None
    assert server.asked == []


@pytest.mark.parametrize("active", [None, "true", 1])
def test_only_what_kio_calls_active_is_active(applications: Kio, server: StandIn, active: object) -> None:
    server.answer = reply_always(Reply(body=ANSWER | {"active": active}))
    assert applications.application_of(service("stups_kio")) == Application("myteam", active=False)


MALFORMED = {
    "no JSON": Reply(body=b"<html>"),
    "a list": Reply(body=[ANSWER]),
    "no team": Reply(body={"id": "kio", "active": True}),
    "a team that is no text": Reply(body=ANSWER | {"team_id": ["myteam"]}),
    "another application": Reply(body=ANSWER | {"id": "other"}),
    "not allowed": Reply(403, ANSWER),
    "bad token": Reply(401, ANSWER),
    "a failure": Reply(500, ANSWER),
    "nobody home": Reply(503, ANSWER),
    "nothing": HANG,
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED.keys())
def test_anything_but_a_clear_answer_is_no_application(applications: Kio, server: StandIn, reply: Reply) -> None:
    server.answer = reply_always(reply)
    with pytest.raises(Unavailable):
        applications.application_of(service("stups_kio"))
    server.answer = kio(APPLICATIONS)
    assert applications.application_of(service("stups_kio")) == Application("myteam", active=True)
