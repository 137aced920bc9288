"""JWT access tokens: who is let in, and every way in which a token tries to be what it is not."""

import base64
import json
from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.issuer import ALGORITHMS, EC, FOREIGN, OTHER, RSA, authenticate, check_refused
from tests.integration.identity.signing import AUDIENCE, ISSUER, IssuerKey, good_claims
from tests.integration.identity.stand_in import Reply, StandIn, reply_always

from pierone_adapters.oauth import ClaimNames, IssuerKeys, JwtAccessTokens
from pierone_core.errors import Unauthorized

LONG_AGO, LATER = 1_000_000_000, 4_000_000_000


@pytest.mark.parametrize("key", [RSA, EC], ids=["RSA", "EC"])
def test_whoever_has_a_token_of_the_issuer_is_let_in(tokens: JwtAccessTokens, key: IssuerKey) -> None:
    token = key.token({"scope": "uid application.write", "realm": "/employees"})
    caller = authenticate(tokens, token)
    assert (caller.name, caller.realm) == ("alice", "employees")
    assert caller.scopes == {"uid", "application.write"}
    assert caller.token == token
    assert caller.expires_at is not None


def test_one_of_several_audiences_is_enough(tokens: JwtAccessTokens) -> None:
    assert authenticate(tokens, EC.token({"aud": ["urn:other", AUDIENCE]})).name == "alice"


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "AT+JWT"])
def test_an_access_token_says_that_it_is_one(tokens: JwtAccessTokens, kind: str) -> None:
    assert authenticate(tokens, EC.token(typ=kind)).name == "alice"


WRONG_CLAIMS: dict[str, Mapping[str, object]] = {
    "another issuer": {"iss": "https://issuer.example.attacker"},
    "an issuer spelled otherwise": {"iss": ISSUER + "/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "urn:other"},
    "an audience that begins alike": {"aud": AUDIENCE + ":other"},
    "other audiences": {"aud": ["urn:other", "urn:pieron"]},
    "no audience": {"aud": None},
    "an empty audience": {"aud": []},
    "an audience of another kind": {"aud": {AUDIENCE: True}},
    "expired": {"exp": LONG_AGO},
    "never expires": {"exp": None},
    "an end that is no number": {"exp": "4000000000"},
    "an end that is true": {"exp": True},
    "an end beyond all time": {"exp": 1e300},
    "not valid yet": {"nbf": LATER},
    "a beginning that is no number": {"nbf": "now"},
    "no name": {"sub": None, "client_id": None},
    "a name with a slash": {"sub": "../apps/kio"},
    "a name that is no text": {"sub": ["alice"]},
    "a realm that is no text": {"realm": ["/employees"]},
    "scopes that are no text": {"scope": [1]},
}


@pytest.mark.parametrize("claims", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_signed_token_with_a_wrong_claim_is_refused(tokens: JwtAccessTokens, claims: Mapping[str, object]) -> None:
    check_refused(tokens, EC.token(claims))


WRONG_HEADERS: dict[str, Callable[[], str]] = {
    "another kind": lambda: EC.token(typ="JWT"),
    "no kind": lambda: EC.token(typ=None),
    "a kind that is no text": lambda: EC.token(typ=["at+jwt"]),
    "an extension to understand": lambda: EC.token(crit=["exp"]),
    "an extension with a name of its own": lambda: EC.token(b64=True),
    "no key": lambda: EC.token(kid=None),
    "a key id that is no text": lambda: EC.token(kid=["ec key"]),
    "an unknown key": lambda: EC.token(kid="unknown"),
    "a path as key": lambda: EC.token(kid="../../../../dev/null"),
    "a URL as key": lambda: EC.token(kid="http://127.0.0.1:1/keys"),
    "an encryption key": OTHER.token,
    "a key that is broken": lambda: RSA.token(kid="broken"),
    "the key of another algorithm": lambda: EC.token(kid="rsa key"),
    "another algorithm for the same key": lambda: RSA.token(alg="RS512"),
    "an algorithm that is not allowed": lambda: RSA.token(alg="RS384"),
}


@pytest.mark.parametrize("token", WRONG_HEADERS.values(), ids=WRONG_HEADERS.keys())
def test_a_token_with_a_wrong_header_is_refused(tokens: JwtAccessTokens, token: Callable[[], str]) -> None:
    check_refused(tokens, token())


FORGED: dict[str, Callable[[], str]] = {
    "signed by somebody else": FOREIGN.token,
    "the key in the token": lambda: FOREIGN.token(jwk=FOREIGN.public),
    "the key in the token, unknown here": lambda: OTHER.token(kid="new", jwk=OTHER.public | {"kid": "new"}),
    "a certificate in the token": lambda: FOREIGN.token(x5c=[base64.b64encode(b"certificate").decode()]),
    "alg none": lambda: EC.unsigned_token("none"),
    "alg None": lambda: EC.unsigned_token("None"),
    "no signature": lambda: EC.token().rpartition(".")[0] + ".",
    "another signature": lambda: ".".join([*EC.token().split(".")[:2], RSA.token().split(".")[2]]),
    "other claims": lambda: _with_claims(EC.token(), {"sub": "bob"}),
    "HMAC with the RSA key in PEM": lambda: RSA.hmac_token(RSA.encoded(Encoding.PEM)),
    "HMAC with the RSA key in DER": lambda: RSA.hmac_token(RSA.encoded(Encoding.DER)),
    "HMAC with the RSA key as JWK": lambda: RSA.hmac_token(json.dumps(RSA.public).encode()),
    "HMAC with the modulus": lambda: RSA.hmac_token(base64.urlsafe_b64decode(RSA.public["n"] + "==")),
    "HMAC with the EC key in DER": lambda: EC.hmac_token(EC.encoded(Encoding.DER)),
    "HMAC with an oct key of the set": lambda: IssuerKey("oct key", "ES256", EC.private).hmac_token(b"secret"),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(tokens: JwtAccessTokens, token: Callable[[], str]) -> None:
    check_refused(tokens, token())


@pytest.mark.parametrize("algorithms", [ALGORITHMS, (*ALGORITHMS, "HS256", "none")])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_secret_made_of_a_public_key_opens_nothing_whatever_the_list_of_algorithms(
    issuer: StandIn, connect: CONNECT, encoding: Encoding, algorithms: tuple[str, ...]
) -> None:
    tokens = JwtAccessTokens(ISSUER, AUDIENCE, IssuerKeys(connect(), issuer.url, algorithms))
    check_refused(tokens, RSA.hmac_token(RSA.encoded(encoding)))
    check_refused(tokens, IssuerKey("oct key", "ES256", EC.private).hmac_token(b"secret"))
    check_refused(tokens, EC.unsigned_token("none"))


@pytest.mark.parametrize("header", ["jku", "x5u"])
def test_an_address_of_keys_in_a_token_is_not_asked(
    tokens: JwtAccessTokens, stand: STAND, issuer: StandIn, header: str
) -> None:
    attacker = stand(reply_always(Reply(body={"keys": [OTHER.public]})))
    check_refused(tokens, OTHER.token({}, **{header: attacker.url}))
    assert attacker.asked == []
    assert {asked.target for asked in issuer.asked} == {"/"}


def test_an_algorithm_that_is_not_allowed_is_not_asked_about(tokens: JwtAccessTokens, issuer: StandIn) -> None:
    check_refused(tokens, EC.unsigned_token("none"))
    assert issuer.asked == []


@pytest.mark.parametrize("kind", ["JWT", "jwt", None])
def test_issuers_that_write_jwt_or_nothing_can_be_allowed(issuer: StandIn, connect: CONNECT, kind: str | None) -> None:
    keys = IssuerKeys(connect(), issuer.url, ALGORITHMS)
    tokens = JwtAccessTokens(ISSUER, AUDIENCE, keys, ClaimNames(), ("JWT",))
    assert authenticate(tokens, EC.token(typ=kind)).name == "alice"
    check_refused(tokens, EC.token(typ="logout+jwt"))


def test_a_refused_kind_is_named_for_whoever_sets_it_up(tokens: JwtAccessTokens) -> None:
    with pytest.raises(Unauthorized, match="type jwt; this registry takes at\\+jwt"):
        authenticate(tokens, EC.token(typ="JWT"))


def _with_claims(token: str, claims: Mapping[str, object]) -> str:
    header, _, signature = token.split(".")
    changed = base64.urlsafe_b64encode(json.dumps(good_claims() | dict(claims)).encode()).rstrip(b"=").decode()
    return f"{header}.{changed}.{signature}"
