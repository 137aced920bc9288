"""Tokens of the registry: what they say, how long, and with which of several keys."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jose import jwt
from tests.unit.jwt_tokens import ALICE, GRANTS, ISSUER, KEY, OLD_KEY, assert_refused, claims, decode, encode, signed

from pierone_adapters.jwt import JwtIssuer
from pierone_core.caller import PULL, PUSH, Caller, Grants
from pierone_core.errors import Unauthorized


def test_a_token_brings_its_caller_and_the_grants_back_and_no_more() -> None:
    caller = ISSUER.read(ISSUER.issue(ALICE, GRANTS))
    assert caller == Caller("alice", realm="employees", expires_at=caller.expires_at, grants=GRANTS)


def test_a_token_is_good_for_its_lifetime_and_says_when_it_ends() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    ends = ISSUER.read(ISSUER.issue(ALICE, GRANTS)).expires_at
    assert ends is not None
    assert timedelta(minutes=1) <= ISSUER.lifetime <= timedelta(minutes=5)
    assert before <= ends - ISSUER.lifetime <= datetime.now(UTC)


@pytest.mark.parametrize("seconds", [1, 59])
def test_a_token_is_good_for_the_minute_that_clients_take_for_granted(seconds: int) -> None:
    caller = replace(ALICE, expires_at=datetime.now(UTC) + timedelta(seconds=seconds))
    assert ISSUER.lifetime_for(caller) == timedelta(minutes=1)


@pytest.mark.parametrize("seconds", [70, 100])
def test_a_token_ends_with_the_identity_that_it_was_made_from(seconds: int) -> None:
    caller = replace(ALICE, expires_at=(ends := datetime.now(UTC) + timedelta(seconds=seconds)))
    told = ISSUER.read(ISSUER.issue(caller, GRANTS)).expires_at
    assert told is not None
    assert ends - timedelta(seconds=1) <= told <= ends  # a token knows whole seconds
    assert timedelta(seconds=seconds - 3) < ISSUER.lifetime_for(caller) <= timedelta(seconds=seconds)


def test_a_longer_identity_does_not_prolong_a_token() -> None:
    caller = replace(ALICE, expires_at=datetime.now(UTC) + timedelta(days=1))
    assert ISSUER.lifetime_for(caller) == ISSUER.lifetime_for(ALICE) == ISSUER.lifetime


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_for_an_identity_that_has_ended_there_is_no_token(seconds: int) -> None:
    caller = replace(ALICE, expires_at=datetime.now(UTC) - timedelta(seconds=seconds))
    with pytest.raises(Unauthorized, match="has expired"):
        ISSUER.issue(caller, GRANTS)


def test_every_token_has_a_name_of_its_own() -> None:
    assert len({claims()["jti"] for _ in range(5)}) == 5


def test_a_token_does_not_carry_what_the_caller_showed() -> None:
    token = ISSUER.issue(ALICE, GRANTS)
    assert all(ALICE.token not in str(decode(part)) for part in token.split(".")[:2])


names = st.from_regex(r"[a-z0-9]{1,9}/[a-z0-9]{1,9}", fullmatch=True)
pairs = st.tuples(names, st.sampled_from([PULL, PUSH]))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.frozensets(pairs), st.dictionaries(pairs, st.text()))
def test_any_name_and_any_grants_survive_the_way_through_a_token(
    name: str, allowed: frozenset[tuple[str, str]], refused: dict[tuple[str, str], str]
) -> None:
    caller = ISSUER.read(ISSUER.issue(Caller(name, realm="services"), Grants(allowed, refused)))
    assert (caller.name, caller.realm, caller.grants) == (name, "services", Grants(allowed, refused))


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_an_expired_token_is_refused(seconds: int) -> None:
    assert_refused(signed(exp=int(datetime.now(UTC).timestamp()) - 1 - seconds))


def test_a_token_is_refused_before_its_time() -> None:
    assert_refused(signed(nbf=int(datetime.now(UTC).timestamp()) + 60))


@pytest.mark.parametrize("claim", ["iss", "aud"])
@pytest.mark.parametrize("value", ["another", "", "Pierone", ["another"], 1, {}], ids=repr)
def test_a_token_of_another_issuer_or_for_another_audience_is_refused(claim: str, value: object) -> None:
    assert_refused(signed(KEY, **{claim: value}))


def test_after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies() -> None:
    before, after = JwtIssuer([OLD_KEY]), JwtIssuer([KEY, OLD_KEY])
    old, new = before.issue(ALICE, GRANTS), after.issue(ALICE, GRANTS)
    assert jwt.get_unverified_header(new)["kid"] == KEY.kid
    assert after.read(old).grants == after.read(new).grants == GRANTS
    assert after.is_issued(old)
    with pytest.raises(Unauthorized):
        before.read(new)


def test_a_key_that_was_taken_away_verifies_nothing_more() -> None:
    assert_refused(JwtIssuer([OLD_KEY]).issue(ALICE, GRANTS))


def test_a_token_is_verified_with_the_key_that_it_names_and_with_no_other_of_ours() -> None:
    both = JwtIssuer([KEY, OLD_KEY])
    with pytest.raises(Unauthorized):
        both.read(signed(OLD_KEY))


def test_what_is_published_verifies_our_tokens_and_has_no_private_part() -> None:
    issuer = JwtIssuer([KEY, OLD_KEY])
    published = issuer.published()["keys"]
    assert [key["kid"] for key in published] == [KEY.kid, OLD_KEY.kid]
    assert {frozenset(key) for key in published} == {frozenset({"kty", "crv", "x", "y", "kid", "use", "alg"})}
    token = issuer.issue(ALICE, GRANTS)
    assert jwt.decode(token, published[0], algorithms=["ES256"], audience="pierone")["sub"] == "alice"


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    canonical = '{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.format_map(KEY.jwk)  # RFC 7638 section 3.2
    assert KEY.kid == encode(hashlib.sha256(canonical.encode()).digest())
