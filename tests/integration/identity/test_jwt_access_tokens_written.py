"""JWT access tokens that are written in other ways: what is no JWT, and what some readers would take for one."""

import base64

import pytest
from tests.integration.identity.issuer import EC, FOREIGN, check_refused
from tests.integration.identity.stand_in import StandIn

from pierone_adapters.oauth import JwtAccessTokens
from pierone_core.errors import Unauthorized

MALFORMED = {
    "opaque": "2YotnFZFEjr1zCsicMWpAA",
    "two parts": "e30.e30",
    "five parts": "e30.e30.e30.e30.e30",
    "padding": EC.token() + "=",
    "a space": EC.token().replace(".", ". ", 1),
    "nothing between dots": "..",
    "no JSON": "AAAA.AAAA.AAAA",
    "a list": "W10.W10.AAAA",
    "deep": base64.urlsafe_b64encode(b"[" * 30_000).decode().rstrip("=") + ".e30.AAAA",
    "not finite": base64.urlsafe_b64encode(b'{"alg":NaN}').decode().rstrip("=") + ".e30.AAAA",
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_jwt_is_refused(tokens: JwtAccessTokens, token: str) -> None:
    check_refused(tokens, token)


def test_a_token_of_100_kb_is_refused_before_anything_is_read(tokens: JwtAccessTokens, issuer: StandIn) -> None:
    token = EC.token({"padding": "x" * 100_000})
    check_refused(tokens, token)
    with pytest.raises(Unauthorized):
        tokens.is_issued(token)
    assert issuer.asked == []


def test_a_token_of_the_issuer_is_recognised_without_being_believed(tokens: JwtAccessTokens) -> None:
    assert tokens.is_issued(FOREIGN.token())
    assert not tokens.is_issued(EC.token({"iss": "https://other.example"}))


OTHERWISE_WRITTEN = ["{}=", "{}==", "{}.", "{}.x", "{}.x.y", "{0}.=", "{0}~", "{0}!."]


@pytest.mark.parametrize("form", OTHERWISE_WRITTEN)
def test_a_token_of_the_issuer_that_is_otherwise_written_is_recognised_and_refused(
    tokens: JwtAccessTokens, form: str
) -> None:
    token = form.format(EC.token({"aud": "urn:other"}))
    assert tokens.is_issued(token)
    check_refused(tokens, token)


@pytest.mark.parametrize("end", ["=", "==", "====", "~"])
@pytest.mark.parametrize("padding", ["", "x", "xx"], ids=len)
def test_claims_that_are_otherwise_written_are_recognised(tokens: JwtAccessTokens, padding: str, end: str) -> None:
    header, claims, signature = EC.token({"padding": padding}).split(".")
    token = f"{header}.{claims}{end}.{signature}"
    assert tokens.is_issued(token)
    check_refused(tokens, token)


def test_a_stray_letter_after_the_claims_hides_no_issuer(tokens: JwtAccessTokens) -> None:
    """Base64 of any length has a reader who leaves out the rest."""
    whole = next(
        token for token in (EC.token({"padding": "x" * n}) for n in range(4)) if len(token.split(".")[1]) % 4 == 0
    )
    header, claims, signature = whole.split(".")
    assert tokens.is_issued(f"{header}.{claims}A.{signature}")
