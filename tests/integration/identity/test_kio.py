"""Kio: whose a service user's application is, and nobody's while Kio does not say so."""

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always
from tests.integration.identity.stups import kio

from pierone_adapters.stups import Kio
from pierone_core.caller import SERVICES, Caller
from pierone_core.errors import Denied, Unavailable
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


NO_APPLICATION = ["stups_", "stups_k", "stups_Kio", "stups_1kio", "stups_kio-", "stups_ki_o"] + [
    f"stups_{name}" for name in ("../teams", "kio/../old", "kio?x=1", "kio#", "kio\n", "%6bio", "kiö", "k" * 256)
]


@pytest.mark.parametrize("name", NO_APPLICATION)
def test_a_name_that_no_application_has_is_not_asked_about(applications: Kio, server: StandIn, name: str) -> None:
    assert applications.application_of(service(name)) is None
    assert server.asked == []


@pytest.mark.parametrize("name", ["kio", "other_kio", "STUPS_kio"])
def test_whoever_lacks_the_prefix_is_told_so(applications: Kio, server: StandIn, name: str) -> None:
    with pytest.raises(
        Denied, match=f"service user {name} may not push: names of service users begin with stups_ here"
    ):
        applications.application_of(service(name))
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_kio_refuses_is_named_as_the_reason(applications: Kio, server: StandIn, status: int) -> None:
    server.answer = reply_always(Reply(status, ANSWER))
    with pytest.raises(Denied, match=f"the source refuses the token .* {status}.*log in again") as refusal:
        applications.application_of(service("stups_kio"))
    assert "t0ken" not in refusal.value.message


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
