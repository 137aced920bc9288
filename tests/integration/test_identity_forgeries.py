"""JWTs that somebody made up, shown to a whole server: of its issuer, and of its own."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from jose import jwk
from tests.integration.identity.signing import good_claims, signing_input, with_signature
from tests.integration.identity.stand_in import Reply, StandIn, reply_always
from tests.integration.identity_facts import ALICE, FOREIGN_KEY, KEY, basic, bearer
from tests.integration.identity_world import World, searched

SCOPE = "repository:myteam/app:pull,push"
KIDS = [
    "../../../../../../dev/null",
    "/etc/passwd",
    "token-key.pem",
    "file:///dev/null",
    "http://127.0.0.1:1/jwks",
    "' OR 1=1 --",
    "the issuer's\0",
    "",
    "x" * 30_000,
    None,
    0,
    True,
    ["the issuer's"],
    {"the issuer's": 1},
]


@pytest.fixture(scope="module", params=[False, True], ids=["with tokeninfo", "JWTs alone"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("forgeries")
    unset = {"PIERONE_TOKENINFO_URL": "", "PIERONE_AWS_ACCOUNTS": "", "PIERONE_AWS_CERTIFICATES_FILE": ""}
    yield from searched(World(root, **(unset if request.param else {})))


def statuses(world: World, token: str) -> list[int]:
    """Of all that a token may open, in every scheme."""
    shown = [bearer(token), f"Token {token}", basic("oauth2", token)]
    push = [world.ask("POST", "/v2/myteam/app/blobs/uploads/", authorization).status_code for authorization in shown]
    form = f"grant_type=refresh_token&refresh_token={token}&scope={SCOPE}".encode()
    return [
        *push,
        world.ask("GET", "/v2/", shown[0]).status_code,
        world.ask("POST", "/v2/token", None, form).status_code,
    ]


def test_a_genuine_token_opens_what_the_forgeries_do_not(world: World) -> None:
    assert statuses(world, KEY.token({"groups": ["/myteam"]})) == [202, 202, 202, 200, 200]


FORGERIES: dict[str, Callable[[], str]] = {
    "none": lambda: KEY.unsigned_token("none"),
    "None": lambda: KEY.unsigned_token("None"),
    "none without a signature": lambda: KEY.unsigned_token("none").rpartition(".")[0] + ".",
    "without a signature": lambda: KEY.token().rpartition(".")[0] + ".",
    "two parts": lambda: KEY.token().rpartition(".")[0],
    "HMAC with the PEM of the public key": lambda: KEY.hmac_token(KEY.encoded(Encoding.PEM)),
    "HMAC with the same, stripped": lambda: KEY.hmac_token(KEY.encoded(Encoding.PEM).strip()),
    "HMAC with the DER of the public key": lambda: KEY.hmac_token(KEY.encoded(Encoding.DER)),
    "HMAC with the JWK": lambda: KEY.hmac_token(json.dumps(KEY.public).encode()),
    "HMAC with the modulus": lambda: KEY.hmac_token(KEY.public["n"].encode()),
    "HMAC with nothing": lambda: KEY.hmac_token(b""),
    "foreign key": FOREIGN_KEY.token,
    "another algorithm of the key": lambda: KEY.token(alg="RS512"),
    "algorithm of another kind": lambda: with_signature(
        signing_input({"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}, good_claims()), b"\0" * 64
    ),
    "changed": lambda: _changed(KEY.token()),
    "critical": lambda: KEY.token(crit=["exp"]),
    "an ID token": lambda: KEY.token(typ="JWT"),
    "encrypted": lambda: KEY.token() + ".x.y",
    "bound to a key": lambda: KEY.token({"cnf": {"jkt": "x"}}),
    "no name": lambda: KEY.token({"sub": None, "client_id": None}),
    "a path as the name": lambda: KEY.token({"sub": "../myteam"}),
    "a list as the name": lambda: KEY.token({"sub": ["alice"]}),
    "a time in words": lambda: KEY.token({"exp": "tomorrow"}),
    "deep": lambda: with_signature("e30." + base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("="), b"\0"),
}


def _changed(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{signing_input({}, good_claims() | {'sub': 'anna'}).replace('e30', header, 1)}.{signature}"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_of_the_issuer_opens_nothing(world: World, forgery: str) -> None:
    assert statuses(world, FORGERIES[forgery]()) == [401] * 5


@pytest.mark.parametrize("kid", KIDS, ids=[str(kid)[:20] for kid in KIDS])
def test_a_key_id_is_looked_up_and_used_for_nothing_else(world: World, kid: object) -> None:
    asked = [request.target for request in world.jwks.asked]
    assert statuses(world, FOREIGN_KEY.token(kid=kid)) == [401] * 5
    assert {request.target for request in world.jwks.asked[len(asked) :]} <= {"/"}


def test_a_token_does_not_bring_its_own_key(world: World) -> None:
    with StandIn(reply_always(Reply(body={"keys": [FOREIGN_KEY.public]}))) as attacker:
        for header in ({"jku": attacker.url}, {"x5u": attacker.url}, {"jwk": FOREIGN_KEY.public}, {"x5c": ["MIIB"]}):
            assert statuses(world, FOREIGN_KEY.token(**header)) == [401] * 5
            assert statuses(world, FOREIGN_KEY.token(**header, kid="another")) == [401] * 5
        assert not attacker.asked


def own_forgeries(world: World) -> Iterator[str]:
    """Tokens that look as if the registry had issued them."""
    issued = world.issue(bearer(KEY.token({"sub": "mallory"})), SCOPE)
    header, claims, signature = issued.split(".")
    key = world.ask("GET", "/.well-known/jwks.json").json()["keys"][0]
    wide = _part(claims) | {"access": [{"type": "repository", "name": "myteam/app", "actions": ["push"]}]}
    own = {"alg": "ES256", "typ": "JWT", "kid": key["kid"]}
    public = jwk.construct(key, "ES256").to_pem()
    yield f"{signing_input(own, wide)}.{signature}"
    for algorithm in ("none", "NONE", "HS256"):
        yield with_signature(signing_input(own | {"alg": algorithm}, wide), b"")
        yield with_signature(signing_input(own | {"alg": algorithm}, wide), b"\0")
    for secret in (public, public.strip(), json.dumps(key).encode(), key["x"].encode(), b""):
        signed = signing_input(own | {"alg": "HS256"}, wide)
        yield with_signature(signed, hmac.digest(secret, signed.encode(), "sha256"))
    yield with_signature(signing_input(own, wide), b"\0" * 64)
    yield f"{header}.{claims}.{signature[:-4]}"
    yield KEY.token(wide | {"exp": int(time.time()) + 60}, kid=key["kid"], alg="RS256", typ="JWT")
    yield FOREIGN_KEY.token(wide, kid=key["kid"], jwk=key)


def _part(text: str) -> dict[str, object]:
    value: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return value


def test_a_forged_token_of_the_registry_opens_nothing(world: World) -> None:
    for forgery in own_forgeries(world):
        assert statuses(world, forgery) == [401] * 5, forgery


def test_a_token_of_the_registry_is_none_of_the_issuer(world: World) -> None:
    """Nor is one of the issuer a token of the registry, whatever it says that it gives."""
    access = [{"type": "repository", "name": "myteam/app", "actions": ["push"]}]
    claims = {"sub": "mallory", "access": access, "aud": ["urn:pierone", "pierone"], "groups": []}
    assert statuses(world, KEY.token(claims)) == [403, 403, 403, 200, 200]


def test_without_tokeninfo_its_tokens_are_of_no_kind_that_is_taken(world: World) -> None:
    known = world.ask("GET", "/v2/", ALICE).status_code == 200
    assert known == bool(world.tokeninfo.asked)
