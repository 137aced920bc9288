"""Which source judges which credentials."""

import base64

import pytest
from tests.unit.authentication import KEY, Source, over, run

from pierone_adapters.jwt import JwtIssuer, new_key
from pierone_core.caller import NOBODY, PULL, BearerToken, Caller, Credentials, Grants, Password
from pierone_core.errors import Unauthorized
from pierone_http.auth import parse, password_credentials

GRANTS = Grants(frozenset({("ours/app", PULL)}))


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


def asked_for(header: bytes) -> list[Credentials]:
    """What the identity source is shown."""
    source = Source()

    async def test() -> None:
        await over(source).caller(header)

    run(test())
    return source.asked


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        (basic("alice:secret"), Password("alice", "secret")),
        (basic("alice:secret") + b" ", Password("alice", "secret")),
        (basic("alice:se:cr:et"), Password("alice", "se:cr:et")),
        (basic("alice:"), Password("alice", "")),
        (basic(":secret"), Password("", "secret")),
        (basic("instance-identity-document:MIAG\nMIAG\n"), Password("instance-identity-document", "MIAG\nMIAG\n")),
        (basic("oauth2:token"), BearerToken("token")),
        (basic("oauth2:"), BearerToken("")),
        (basic("OAuth2:token"), Password("OAuth2", "token")),
        (b"Bearer token", BearerToken("token")),
        (b"bEARER token", BearerToken("token")),
        (b"Token token", BearerToken("token")),
        (b"token  token ", BearerToken("token")),
    ],
)
def test_the_source_is_shown_what_the_header_says(header: bytes, credentials: Credentials) -> None:
    assert asked_for(header) == [credentials]


@pytest.mark.parametrize("header", [b"", basic(":")])
def test_no_credentials_and_empty_ones_are_nobody_and_no_question(header: bytes) -> None:
    source = Source()

    async def test() -> None:
        assert await over(source).caller(header) is NOBODY

    run(test())
    assert source.asked == []


@pytest.mark.parametrize(
    "header",
    [
        b"Digest x",
        b"Negotiate",
        b"Basic",
        b"Basic !",
        b"Basic YQ",
        b"Basic YWxp-Y2U6c2VjcmV0",
        basic("no colon"),
        b"Basic /w==",
        b" ",
        b"\xff\xfe",
    ],
)
def test_what_is_no_credentials_is_refused_without_a_question(header: bytes) -> None:
    source = Source()

    async def test() -> None:
        with pytest.raises(Unauthorized, match="the Authorization header"):
            await over(source).caller(header)

    run(test())
    assert source.asked == []


@pytest.mark.parametrize("scheme", ["Bearer {}", "Token {}", "oauth2"])
def test_a_token_of_ours_is_read_and_no_source_is_asked(scheme: str) -> None:
    source, token = Source(), JwtIssuer([KEY]).issue(Caller("alice"), GRANTS)
    header = basic(f"oauth2:{token}") if scheme == "oauth2" else scheme.format(token).encode()

    async def test() -> None:
        caller = await over(source).caller(header)
        assert (caller.name, caller.grants) == ("alice", GRANTS)

    run(test())
    assert source.asked == []


def test_a_token_that_claims_to_be_ours_and_is_not_is_refused_and_no_source_is_asked() -> None:
    """Otherwise a source that believes too much would overrule us."""
    source, token = Source(), JwtIssuer([KEY]).issue(Caller("alice"), GRANTS)

    async def test() -> None:
        with pytest.raises(Unauthorized, match="not valid here"):
            await over(source).caller(f"Bearer {token[:-9]}AAAAAAAAA".encode())

    run(test())
    assert source.asked == []


def test_a_token_of_another_issuer_is_left_to_the_sources() -> None:
    token = JwtIssuer([new_key()]).issue(Caller("alice"), GRANTS)
    assert asked_for(f"Bearer {token}".encode()) == [BearerToken(token)]


def test_credentials_of_a_form_are_judged_as_those_of_a_header() -> None:
    source = Source()

    async def test() -> None:
        authentication = over(source)
        assert await authentication.authenticate(password_credentials("alice", "secret")) == Caller("alice")
        assert await authentication.authenticate(password_credentials("", "")) is NOBODY

    run(test())
    assert source.asked == [Password("alice", "secret")]


def test_the_parts_of_credentials_that_are_secret_are_not_shown() -> None:
    for header in (basic("alice:s3cr3t"), b"Bearer s3cr3t", basic("oauth2:s3cr3t")):
        assert "s3cr3t" not in repr(parse(header))
