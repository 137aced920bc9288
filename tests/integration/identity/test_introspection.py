"""Token introspection: what its answers mean."""

from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always

from pierone_adapters.oauth import ClaimNames, Introspection
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized, Unavailable

TOKEN = "an-opaque-t0ken"
ACTIVE = {"active": True, "username": "alice", "client_id": "console", "scope": "uid application.write"}
PAST, FUTURE = 1_000_000_000, 4_000_000_000


@pytest.fixture
def endpoint(stand: STAND) -> StandIn:
    return stand(reply_always(Reply(body=ACTIVE)))


@pytest.fixture
def introspection(endpoint: StandIn, connect: CONNECT) -> Introspection:
    return Introspection(connect(0.5), endpoint.url, ("pierone", "client-secr3t"))


def ask(introspection: Introspection, endpoint: StandIn, claims: Mapping[str, object]) -> Caller:
    endpoint.answer = reply_always(Reply(body={**ACTIVE, **claims}))
    return introspection.authenticate(BearerToken(TOKEN))


def test_an_active_token_stands_for_its_user(introspection: Introspection, endpoint: StandIn) -> None:
    caller = ask(introspection, endpoint, {"exp": FUTURE})
    assert (caller.name, caller.realm, caller.token) == ("alice", "employees", TOKEN)
    assert caller.scopes == {"uid", "application.write"}
    assert caller.expires_at is not None
    assert caller.expires_at.timestamp() == FUTURE


def test_the_token_travels_in_the_body_with_a_hint(introspection: Introspection, endpoint: StandIn) -> None:
    introspection.authenticate(BearerToken(TOKEN))
    (asked,) = endpoint.asked
    assert (asked.method, asked.target) == ("POST", "/")
    assert parse_qs(asked.body.decode()) == {"token": [TOKEN], "token_type_hint": ["access_token"]}


WRONG: dict[str, Mapping[str, object]] = {
    "not active": {"active": False},
    "expired": {"exp": PAST},
    "not valid yet": {"nbf": FUTURE},
    "a name with a slash": {"username": "a/b"},
    "a name with a line break": {"username": "alice\nbob"},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_a_token_that_is_good_for_nothing_is_refused(
    introspection: Introspection, endpoint: StandIn, claims: Mapping[str, object]
) -> None:
    with pytest.raises(Unauthorized):
        ask(introspection, endpoint, claims)


@pytest.mark.parametrize("audience", ["urn:other", ["urn:other"], None, []])
def test_an_audience_is_demanded_where_it_is_set(
    introspection: Introspection, endpoint: StandIn, audience: object
) -> None:
    strict = Introspection(introspection.source, endpoint.url, ("a", "b"), audience="urn:pierone")
    assert ask(introspection, endpoint, {"aud": audience}).name == "alice"
    assert ask(strict, endpoint, {"aud": ["urn:pierone", "urn:other"]}).name == "alice"
    with pytest.raises(Unauthorized, match="audience"):
        ask(strict, endpoint, {"aud": audience})


NO_ANSWER: dict[str, Reply] = {
    "no JSON": Reply(body=b"<html>"),
    "no object": Reply(body=[]),
    "no word about active": Reply(body={"username": "alice"}),
    "active in words": Reply(body={**ACTIVE, "active": "true"}),
    "active as a number": Reply(body={**ACTIVE, "active": 1}),
    "an end that is no time": Reply(body={**ACTIVE, "exp": "tomorrow"}),
    "scopes that are no text": Reply(body={**ACTIVE, "scope": {"application.write_all": True}}),
    "our own secret is wrong": Reply(401, {"error": "invalid_client"}),
    "we may not ask": Reply(403, {}),
    "a bad request": Reply(400, {"error": "invalid_request"}),
    "the wrong address": Reply(404),
    "created": Reply(201, ACTIVE),
    "a failure": Reply(500, ACTIVE),
    "nothing": HANG,
}


@pytest.mark.parametrize("reply", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_anything_but_a_clear_answer_lets_nobody_in(
    introspection: Introspection, endpoint: StandIn, reply: Reply
) -> None:
    endpoint.answer = reply_always(reply)
    with pytest.raises(Unavailable) as failure:
        introspection.authenticate(BearerToken(TOKEN))
    assert TOKEN not in failure.value.message


def test_it_is_back_when_the_endpoint_is(introspection: Introspection, endpoint: StandIn) -> None:
    endpoint.answer = reply_always(Reply(500))
    with pytest.raises(Unavailable):
        introspection.authenticate(BearerToken(TOKEN))
    assert ask(introspection, endpoint, {}).name == "alice"


def test_a_kind_of_token_that_the_endpoint_does_not_know_is_refused(
    introspection: Introspection, endpoint: StandIn
) -> None:
    endpoint.answer = reply_always(Reply(400, {"error": "unsupported_token_type"}))
    with pytest.raises(Unauthorized):
        introspection.authenticate(BearerToken(TOKEN))


def test_what_cannot_be_a_token_is_not_sent(introspection: Introspection, endpoint: StandIn) -> None:
    for token in ("x" * 100_000, "two\nlines", ""):
        with pytest.raises(Unauthorized):
            introspection.authenticate(BearerToken(token))
    assert endpoint.asked == []


def test_the_operator_is_told_that_the_own_secret_is_wrong_but_not_the_secret(
    introspection: Introspection, endpoint: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.answer = reply_always(Reply(401))
    with pytest.raises(Unavailable) as failure:
        introspection.authenticate(BearerToken(TOKEN))
    assert "refuses the registry's own client id or secret" in caplog.text
    told = caplog.text + failure.value.message + repr(introspection)
    assert "client-secr3t" not in told
    assert TOKEN not in told


def test_other_claims_can_hold_name_realm_and_teams(endpoint: StandIn, connect: CONNECT) -> None:
    names = ClaimNames(("email",), "kind", "groups", "/")
    introspection = Introspection(connect(), endpoint.url, ("a", "b"), names)
    groups = ["/myteam", "guests", "/"]
    caller = ask(introspection, endpoint, {"email": "alice@example.org", "kind": "/services/", "groups": groups})
    assert (caller.name, caller.realm) == ("alice@example.org", "services")
    assert caller.teams >= {"myteam"}
    assert "guests" not in caller.teams
