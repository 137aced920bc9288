"""`TokenIssuer`: short-lived tokens that name what their bearer may do (Docker registry token authentication).

The first key signs, all verify: that is how keys are rotated. Only ES256 is ever accepted.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from jose import jwt
from jose.exceptions import JOSEError

from pierone_adapters.jwt.keys import ALGORITHM, SigningKey
from pierone_core.caller import Caller, Grants
from pierone_core.errors import Unauthorized

_ISSUER = "pierone"
# Clients take anything below a minute for a minute, and a push of several layers should not need many.
LIFETIME = timedelta(minutes=5)
# "A token should never be returned with less than 60 seconds to live" (Docker's token specification): clients take less
# for a minute, and a push would break off in the middle.
_SHORTEST = timedelta(minutes=1)


class JwtIssuer:
    """See `TokenIssuer`."""

    lifetime = LIFETIME

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """`keys`: at least one; the first signs."""
        self._signing = keys[0]
        self._keys = {key.kid: key for key in keys}

    def lifetime_for(self, caller: Caller) -> timedelta:
        """See `TokenIssuer`."""
        if caller.expires_at is None:
            return self.lifetime
        left = caller.expires_at - datetime.now(UTC)
        if left <= timedelta():
            raise Unauthorized("the access token has expired; get a new one and log in again: docker login <registry>")
        return min(self.lifetime, max(left, _SHORTEST))

    def issue(self, caller: Caller, grants: Grants) -> str:
        """See `TokenIssuer`."""
        now = datetime.now(UTC)
        claims = {
            "iss": _ISSUER,
            "aud": _ISSUER,
            "sub": caller.name,
            "realm": caller.realm,
            "iat": now,
            "nbf": now - timedelta(seconds=10),
            "exp": now + self.lifetime_for(caller),
            "jti": str(uuid.uuid4()),
            "access": [_entry(repository, action) for repository, action in sorted(grants.allowed)],
            "refused": [_entry(*pair) | {"reason": reason} for pair, reason in grants.refused.items()],
        }
        return str(jwt.encode(claims, self._signing.private, ALGORITHM, {"kid": self._signing.kid}))

    def is_issued(self, token: str) -> bool:
        """See `TokenIssuer`."""
        try:
            return _kid(token) in self._keys
        except (JOSEError, KeyError, TypeError):
            return False

    def read(self, token: str) -> Caller:
        """See `TokenIssuer`."""
        try:
            key = self._keys[_kid(token)]
            claims = jwt.decode(token, key.public, algorithms=[ALGORITHM], issuer=_ISSUER, audience=_ISSUER)
        except (JOSEError, KeyError, TypeError) as error:
            raise Unauthorized("the token is not valid here or has expired; get a new one") from error
        return _caller(claims)

    def published(self) -> dict[str, list[dict[str, str]]]:
        """See `TokenIssuer`."""
        return {"keys": [key.jwk for key in self._keys.values()]}


def _kid(token: str) -> str:
    """The id of the key that a token says it is signed with; raises `JOSEError`, `KeyError` or `TypeError`."""
    kid = jwt.get_unverified_header(token)["kid"]
    if isinstance(kid, str):
        return kid
    raise TypeError("kid is not a string")


def _entry(repository: str, action: str) -> dict[str, object]:
    return {"type": "repository", "name": repository, "actions": [action]}


def _caller(claims: Mapping[str, Any]) -> Caller:
    return Caller(
        name=claims["sub"],
        realm=claims["realm"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        grants=Grants(
            frozenset(_pair(entry) for entry in claims["access"]),
            {_pair(entry): entry["reason"] for entry in claims["refused"]},
        ),
    )


def _pair(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["name"], entry["actions"][0]
