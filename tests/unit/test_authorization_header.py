"""The Authorization header: Basic, Bearer, or refused as malformed, whatever the bytes."""

import base64

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pierone_core.caller import TOKEN_USER, BearerToken, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_http.auth import parse


def basic(text: str, scheme: bytes = b"Basic ") -> bytes:
    return scheme + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        (b"", None),
        (basic("alice:s3cret"), Password("alice", "s3cret")),
        (basic("alice:s3cret", b"basic "), Password("alice", "s3cret")),
        (basic("alice:s3cret", b"BASIC   ") + b" ", Password("alice", "s3cret")),
        (basic("alice:with:colons:"), Password("alice", "with:colons:")),
        (basic("alice:"), Password("alice", "")),
        (basic(":s3cret"), Password("", "s3cret")),
        (basic("ünï:\N{WHALE}"), Password("ünï", "\N{WHALE}")),
        (basic(" alice : s3cret "), Password(" alice ", " s3cret ")),
        (b"Bearer abc.def-_~+/=", BearerToken("abc.def-_~+/=")),
        (b"bearer  abc ", BearerToken("abc")),
        (b"Token abc", BearerToken("abc")),
        (basic("oauth2:abc:def"), BearerToken("abc:def")),
        (basic(":"), None),
    ],
)
def test_credentials_are_read(header: bytes, credentials: Credentials | None) -> None:
    assert parse(header) == credentials


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b" ", "neither Basic nor Bearer"),
        (b"Digest username=alice", "neither Basic nor Bearer"),
        (b"Basically " + base64.b64encode(b"a:b"), "neither Basic nor Bearer"),
        (base64.b64encode(b"alice:s3cret"), "neither Basic nor Bearer"),
        (b"Basic", "has no password"),
        (b"Basic ", "has no password"),
        (basic("alice"), "has no password"),
        (b"Basic alice:s3cret", "not valid Basic"),
        (b"Basic YTp", "not valid Basic"),
        (b"Basic YTpi YTpi", "not valid Basic"),
        (b"Basic YT\npi", "not valid Basic"),
        (b"Basic " + base64.b64encode(b"\xff:\xfe"), "not valid Basic"),
        (b"Basic \xff", "not valid Basic"),
        (b"Basic YTpi\xe4", "not valid Basic"),
    ],
)
def test_a_malformed_header_is_unauthorized(header: bytes, sentence: str) -> None:
    with pytest.raises(Unauthorized, match=sentence) as error:
        parse(header)
    assert "s3cret" not in error.value.message + str(error.value.detail)


@settings(deadline=None)
@given(header=st.one_of(st.binary(), st.builds(bytes.__add__, st.sampled_from([b"Basic ", b"Bearer "]), st.binary())))
@example(b"Basic \x80")
def test_any_bytes_are_credentials_or_unauthorized(header: bytes) -> None:
    try:
        credentials = parse(header)
    except Unauthorized:
        assert header
    else:
        assert credentials is not None or header in (b"", b"Basic Og==")


@settings(deadline=None)
@given(user=st.text(min_size=1).filter(lambda user: ":" not in user and user != TOKEN_USER), secret=st.text())
def test_every_user_and_password_arrive_as_they_were_sent(user: str, secret: str) -> None:
    assert parse(basic(f"{user}:{secret}")) == Password(user, secret)
