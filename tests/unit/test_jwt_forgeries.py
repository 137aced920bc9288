"""Forged tokens of the registry: each is one step away from a good one."""

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jose import jwk, jwt
from tests.unit.jwt_tokens import (
    ALICE,
    GRANTS,
    ISSUER,
    KEY,
    assert_refused,
    claims,
    encode,
    header,
    signed,
)

from pierone_adapters.jwt import JwtIssuer, new_key
from pierone_core.errors import Unauthorized

ALGORITHMS: list[object] = ["none", "NONE", "nOnE", "", None, "ES384", "RS256", "PS256", "EdDSA", "es256", 1, [], {}]
NO_IDS = ["", "other", "../token-key.pem", "/dev/null", KEY.kid + " ", KEY.kid.lower(), None, 0, 1.5, True]
GARBAGE = ["", ".", "..", "...", ". . .", "a.b.c", "e30.e30.", "null", "ü.ü.ü", "\0", "A" * 100_000, "." * 100_000]


def test_a_token_with_unchanged_claims_is_good_whoever_assembled_it() -> None:
    """The control of all refusals below."""
    assert ISSUER.read(signed()).grants == GRANTS


def test_a_token_of_another_key_is_refused_even_under_the_id_of_ours() -> None:
    assert_refused(signed(new_key()))
    assert_refused(JwtIssuer([new_key()]).issue(ALICE, GRANTS))


def test_a_token_with_changed_claims_is_refused() -> None:
    head, _, signature = ISSUER.issue(ALICE, GRANTS).split(".")
    changes: list[dict[str, object]] = [
        {"sub": "eve"},
        {"realm": "services"},
        {"exp": 2**33},
        {"access": []},
        {"jti": ""},
    ]
    for change in changes:
        assert_refused(f"{head}.{encode(claims() | change)}.{signature}")


@given(st.data())
def test_a_token_with_any_character_changed_is_refused_or_says_the_same(data: st.DataObject) -> None:
    token = signed()
    place = data.draw(st.integers(0, len(token) - 1))
    altered = token[:place] + data.draw(st.characters(exclude_categories=["Cs"])) + token[place + 1 :]
    try:
        assert ISSUER.read(altered) == ISSUER.read(token)  # the last character has bits that say nothing
    except Unauthorized:
        return


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=repr)
def test_a_token_of_another_algorithm_is_refused(algorithm: object) -> None:
    for signature in ("", signed().split(".")[2]):
        assert_refused(f"{encode(header(alg=algorithm))}.{encode(claims())}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES384", "none", "es256"])
def test_a_token_that_our_key_signed_under_the_name_of_another_algorithm_is_refused(algorithm: str) -> None:
    assert_refused(str(jwt.encode(claims(), KEY.private, "ES256", {"kid": KEY.kid, "alg": algorithm})))


def public_key_in_every_form() -> list[bytes]:
    key = jwk.construct(KEY.jwk, "ES256").to_pem()
    numbers = base64.urlsafe_b64decode(KEY.jwk["x"] + "=="), base64.urlsafe_b64decode(KEY.jwk["y"] + "==")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + b"".join(numbers))
    der = point.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    openssh = point.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    published = json.dumps(ISSUER.published()).encode(), json.dumps(KEY.jwk).encode(), str(KEY.jwk).encode()
    return [key, key.strip(), der, openssh, b"\4" + b"".join(numbers), *numbers, *published, KEY.kid.encode(), b""]


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_whose_secret_is_our_public_key_is_refused(algorithm: str) -> None:
    message = f"{encode(header(alg=algorithm))}.{encode(claims())}"
    for key in public_key_in_every_form():
        mac = hmac.digest(key, message.encode(), "sha" + algorithm[2:])
        assert_refused(f"{message}.{encode(mac)}")


@pytest.mark.parametrize("kid", NO_IDS, ids=range(len(NO_IDS)))
def test_a_token_with_the_id_of_no_key_is_refused_and_is_none_of_ours(kid: object) -> None:
    token = f"{encode(header(kid=kid))}.{encode(claims())}.{signed().split('.')[2]}"
    assert_refused(token)
    assert not ISSUER.is_issued(token)


@pytest.mark.parametrize("kid", [[], {}, [KEY.kid], {KEY.kid: KEY.kid}], ids=["[]", "{}", "[id]", "{id: id}"])
def test_a_token_whose_key_id_is_not_text_is_refused_and_is_none_of_ours(kid: object) -> None:
    token = f"{encode(header(kid=kid))}.{encode(claims())}.{signed().split('.')[2]}"
    assert not ISSUER.is_issued(token)
    assert_refused(token)


def test_a_token_without_a_key_id_is_refused_and_is_none_of_ours() -> None:
    token = str(jwt.encode(claims(), KEY.private, "ES256"))
    assert_refused(token)
    assert not ISSUER.is_issued(token)


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_a_token_brings_along_is_not_used(member: str) -> None:
    forger = new_key()
    value = forger.jwk if member == "jwk" else "http://127.0.0.1:1/keys"
    token = str(jwt.encode(claims(), forger.private, "ES256", {"kid": KEY.kid, member: value}))
    assert_refused(token)


@pytest.mark.parametrize("token", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_token_is_refused_and_is_none_of_ours(token: str) -> None:
    assert_refused(token)
    assert not ISSUER.is_issued(token)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert not ISSUER.is_issued(text)
    assert_refused(text)
