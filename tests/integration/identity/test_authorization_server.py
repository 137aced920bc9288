"""Introspection and JWTs with a real authorization server."""

import time

import pytest
from tests.integration.identity.authorization_server import REGISTRY, WRITE, AuthorizationServer
from tests.integration.identity.clock import Clock
from tests.integration.identity.conftest import CONNECT

from pierone_adapters.identity import IdentityChain
from pierone_adapters.oauth import ClaimNames, Introspection, IssuerKeys, JwtAccessTokens
from pierone_core.caller import BearerToken
from pierone_core.errors import Unauthorized, Unavailable

AUDIENCE = "urn:pierone"
OPAQUE, JWT = AUDIENCE, f"{AUDIENCE}:jwt"
NAMES = ClaimNames(teams="groups", teams_prefix="/")
DEADLINE = 10.0


@pytest.fixture
def introspection(authorization_server: AuthorizationServer, connect: CONNECT) -> Introspection:
    url = authorization_server.introspection_url
    return Introspection(connect(), url, REGISTRY, NAMES, AUDIENCE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jwts(authorization_server: AuthorizationServer, connect: CONNECT, clock: Clock) -> JwtAccessTokens:
    keys = IssuerKeys(connect(), authorization_server.jwks_url, ("ES256",), clock)
    return JwtAccessTokens(authorization_server.issuer, AUDIENCE, keys, NAMES)


def is_let_in(introspection: Introspection, token: BearerToken) -> bool:
    try:
        introspection.authenticate(token)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("resource", [OPAQUE, JWT])
def test_a_client_is_a_service_user(
    authorization_server: AuthorizationServer, introspection: Introspection, jwts: JwtAccessTokens, resource: str
) -> None:
    token = authorization_server.client_token("stups_kio", resource, [WRITE])
    caller = IdentityChain(issuer=jwts, tokens=[introspection]).authenticate(BearerToken(token))
    assert (caller.name, caller.realm, caller.token) == ("stups_kio", "services", token)
    assert caller.scopes == {WRITE}
    assert caller.expires_at is not None
    assert 0 < caller.expires_at.timestamp() - time.time() <= 300


@pytest.mark.parametrize("resource", [OPAQUE, JWT])
def test_a_person_is_an_employee_with_the_teams_of_the_token(
    authorization_server: AuthorizationServer, introspection: Introspection, jwts: JwtAccessTokens, resource: str
) -> None:
    token = authorization_server.user_token("alice", resource, "console")
    caller = IdentityChain(issuer=jwts, tokens=[introspection]).authenticate(BearerToken(token))
    assert (caller.name, caller.realm) == ("alice", "employees")
    assert caller.teams == {"myteam", "tools/inner"}


def test_a_revoked_token_is_refused(authorization_server: AuthorizationServer, introspection: Introspection) -> None:
    token = authorization_server.client_token("stups_kio", OPAQUE)
    assert introspection.authenticate(BearerToken(token)).name == "stups_kio"
    authorization_server.revoke(token, "stups_kio")
    with pytest.raises(Unauthorized):
        introspection.authenticate(BearerToken(token))


def test_an_expired_token_is_refused(authorization_server: AuthorizationServer, introspection: Introspection) -> None:
    token = BearerToken(authorization_server.client_token("stups_kio", f"{OPAQUE}:short"))
    assert is_let_in(introspection, token)
    deadline = time.monotonic() + DEADLINE
    while is_let_in(introspection, token):
        assert time.monotonic() < deadline


def test_a_made_up_token_is_refused(introspection: Introspection) -> None:
    with pytest.raises(Unauthorized):
        introspection.authenticate(BearerToken("made-up"))


@pytest.mark.parametrize("resource", ["urn:other", "urn:other:jwt"])
def test_a_token_for_somebody_else_is_refused(
    authorization_server: AuthorizationServer, introspection: Introspection, jwts: JwtAccessTokens, resource: str
) -> None:
    token = authorization_server.client_token("stups_kio", resource, [WRITE])
    with pytest.raises(Unauthorized, match="audience"):
        IdentityChain(issuer=jwts, tokens=[introspection]).authenticate(BearerToken(token))


def test_with_a_wrong_client_secret_nobody_is_let_in(
    authorization_server: AuthorizationServer, connect: CONNECT
) -> None:
    token = authorization_server.client_token("stups_kio", OPAQUE)
    wrong = Introspection(connect(), authorization_server.introspection_url, (REGISTRY[0], "wrong"))
    with pytest.raises(Unavailable):
        wrong.authenticate(BearerToken(token))


def test_a_server_that_does_not_introspect_its_jwts_refuses_them(
    authorization_server: AuthorizationServer, introspection: Introspection
) -> None:
    with pytest.raises(Unauthorized):
        introspection.authenticate(BearerToken(authorization_server.client_token("stups_kio", JWT)))


def test_new_keys_are_found_and_old_ones_forgotten(
    authorization_server: AuthorizationServer, jwts: JwtAccessTokens, clock: Clock
) -> None:
    old = BearerToken(authorization_server.client_token("stups_kio", JWT))
    assert jwts.authenticate(old).name == "stups_kio"
    authorization_server.stop()
    assert jwts.authenticate(old).name == "stups_kio"
    authorization_server.start()
    new = BearerToken(authorization_server.client_token("stups_kio", JWT))
    clock.move(10)
    assert jwts.authenticate(new).name == "stups_kio"
    with pytest.raises(Unauthorized):
        jwts.authenticate(old)
