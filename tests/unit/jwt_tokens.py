"""Tokens of the registry, and what looks like them: made by hand, since no library would forge."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from jose import jwt

from pierone_adapters.jwt import JwtIssuer, SigningKey, new_key
from pierone_core.caller import PULL, PUSH, Caller, Grants
from pierone_core.errors import Unauthorized

KEY, OLD_KEY = new_key(), new_key()
ALICE = Caller("alice", realm="employees", teams=frozenset({"ours"}), token="secret of alice")
GRANTS = Grants(frozenset({("ours/app", PULL), ("ours/app", PUSH), ("theirs/app", PULL)}), {("theirs/app", PUSH): "no"})
ISSUER = JwtIssuer([KEY])


def encode(part: Mapping[str, object] | bytes) -> str:
    """One part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> dict[str, Any]:
    """What a part of a token says."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


def header(**changes: object) -> dict[str, object]:
    """The headers of a good token, with some changed."""
    return {"typ": "JWT", "alg": "ES256", "kid": KEY.kid} | changes


def claims(**changes: object) -> dict[str, object]:
    """Those of a good token, with some changed; None takes one away."""
    good = decode(ISSUER.issue(ALICE, GRANTS).split(".")[1])
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(key: SigningKey = KEY, /, **changes: object) -> str:
    """A token with a good signature of `key` and the headers of `KEY`."""
    return str(jwt.encode(claims(**changes), key.private, "ES256", {"kid": KEY.kid}))


def assert_refused(token: str) -> None:
    """`token` is not believed."""
    with pytest.raises(Unauthorized, match="not valid here or has expired"):
        ISSUER.read(token)
