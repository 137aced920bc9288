"""STUPS tokeninfo: what its answers mean."""

import time
from collections.abc import Mapping

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always
from tests.integration.identity.stups import token_facts, tokeninfo

from pierone_adapters.oauth import Tokeninfo
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized, Unavailable

SERVICE = token_facts("stups_kio", "/services", ["application.write"], expires_in=60)
TOKENS = {"of-alice": token_facts("alice", "employees"), "of-kio": SERVICE}


@pytest.fixture
def endpoint(stand: STAND) -> StandIn:
    return stand(tokeninfo(TOKENS))


@pytest.fixture
def source(endpoint: StandIn, connect: CONNECT) -> Tokeninfo:
    return Tokeninfo(connect(0.5), f"{endpoint.url}/oauth2/tokeninfo")


def ask(source: Tokeninfo, token: str) -> Caller:
    return source.authenticate(BearerToken(token))


def test_a_token_stands_for_its_user(source: Tokeninfo) -> None:
    alice, kio = ask(source, "of-alice"), ask(source, "of-kio")
    assert (alice.name, alice.realm, alice.scopes, alice.token) == (
        "alice",
        "employees",
        frozenset({"uid"}),
        "of-alice",
    )
    assert (kio.name, kio.realm) == ("stups_kio", "services")
    assert kio.scopes == {"uid", "application.write"}


def test_an_identity_ends_with_its_token(source: Tokeninfo) -> None:
    before = time.time()
    ends = ask(source, "of-kio").expires_at
    assert ends is not None
    assert before + 60 <= ends.timestamp() <= time.time() + 60


def test_the_token_travels_in_the_header_only(source: Tokeninfo, endpoint: StandIn) -> None:
    ask(source, "of-alice")
    (asked,) = endpoint.asked
    assert (asked.method, asked.target, asked.token) == ("GET", "/oauth2/tokeninfo", "of-alice")


@pytest.mark.parametrize("changes", [{"realm": None}, {"realm": ""}, {"realm": "/"}])
def test_whoever_is_of_no_realm_is_taken_for_no_employee(
    source: Tokeninfo, endpoint: StandIn, changes: Mapping[str, object]
) -> None:
    facts = {name: value for name, value in (SERVICE | dict(changes)).items() if value is not None}
    endpoint.answer = reply_always(Reply(body=facts))
    assert ask(source, "of-kio").realm == ""


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_bad_token_is_refused(source: Tokeninfo, endpoint: StandIn, status: int) -> None:
    with pytest.raises(Unauthorized):
        ask(source, "of-nobody")
    endpoint.answer = reply_always(Reply(status, SERVICE))
    with pytest.raises(Unauthorized):
        ask(source, "of-alice")


@pytest.mark.parametrize("changes", [{"expires_in": 0}, {"uid": "a/b"}, {"uid": ""}, {"uid": None}])
def test_a_token_that_is_good_for_nothing_is_refused(
    source: Tokeninfo, endpoint: StandIn, changes: Mapping[str, object]
) -> None:
    endpoint.answer = reply_always(Reply(body=SERVICE | dict(changes)))
    with pytest.raises(Unauthorized):
        ask(source, "of-kio")


NO_ANSWER = {
    "a failure": Reply(500, SERVICE),
    "nobody home": Reply(503, SERVICE),
    "not now": Reply(429, SERVICE),
    "elsewhere": Reply(302, SERVICE),
    "no JSON": Reply(body=b"uid=alice"),
    "no object": Reply(body=["alice"]),
    "an end that is no number": Reply(body=SERVICE | {"expires_in": "60"}),
    "an end beyond all time": Reply(body=SERVICE | {"expires_in": 1e300}),
    "an end beyond all numbers": Reply(body=SERVICE | {"expires_in": 10**400}),
    "an end that is a truth value": Reply(body=SERVICE | {"expires_in": True}),
    "a realm that is no text": Reply(body=SERVICE | {"realm": True}),
    "nothing": HANG,
}


@pytest.mark.parametrize("reply", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_anything_but_a_clear_answer_lets_nobody_in(source: Tokeninfo, endpoint: StandIn, reply: Reply) -> None:
    endpoint.answer = reply_always(reply)
    with pytest.raises(Unavailable):
        ask(source, "of-kio")
    endpoint.answer = tokeninfo(TOKENS)
    assert ask(source, "of-kio").name == "stups_kio"


def test_what_cannot_be_a_token_is_not_sent(source: Tokeninfo, endpoint: StandIn) -> None:
    for token in ("x" * 100_000, "two\nlines", ""):
        with pytest.raises(Unauthorized):
            ask(source, token)
    assert endpoint.asked == []
