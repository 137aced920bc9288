"""What is said about a token, whoever says it: from claims to a caller.

A claim of another type than its definition makes all of them worthless (`ValueError`): nothing is guessed.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pierone_core.caller import EMPLOYEES, SERVICES, BearerToken, Caller
from pierone_core.errors import Unauthorized

Claims = Mapping[str, object]

LEEWAY = 10.0
_SCOPE_CLAIMS = ("scope", "scp")  # RFC 9068 section 2.2.3; the second is what Entra and Okta write
_MAX_NAME = 255
_MAX_TIME = datetime(9999, 12, 31, tzinfo=UTC).timestamp()

INVALID = "the access token is not valid or has expired; get a new one and log in again: docker login <registry>"


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims say who a caller is.

    `user`: the first that is there is the name; `realm`: employees or services, with or without slashes; `teams`: a
    list of names (None: tokens say nothing about teams); of these only those with `teams_prefix` count, without it.
    """

    user: Sequence[str] = ("uid", "username", "sub", "client_id")
    realm: str = "realm"
    teams: str | None = None
    teams_prefix: str = ""

    def caller(self, claims: Claims, token: BearerToken) -> Caller:
        """The caller whom `claims` describe; raises `Unauthorized` if there is none, or `ValueError`."""
        if claims.get("cnf") is not None:  # RFC 7800: only whoever proves to have the key may use it
            raise Unauthorized("the access token is bound to a key of its client, which this registry cannot check")
        name = self._name(claims)
        return Caller(
            name=name,
            realm=self._realm(claims, name),
            scopes=frozenset(scope for claim in _SCOPE_CLAIMS for scope in _words(claims, claim)),
            teams=self._teams(claims),
            token=token.secret,
            expires_at=_expiry(claims),
        )

    def _name(self, claims: Claims) -> str:
        name = next((claims[claim] for claim in self.user if claims.get(claim) is not None), None)
        if isinstance(name, str) and _is_usable(name):
            return name
        raise Unauthorized(f"the access token names no user that this registry can use (in {', '.join(self.user)})")

    def _realm(self, claims: Claims, name: str) -> str:
        realm = claims.get(self.realm)
        if realm is not None:
            return _text(self.realm, realm).strip("/")
        # RFC 9068 section 2.2: the subject of a token that a client got for itself is the client.
        subject = claims.get("sub") or name
        return SERVICES if subject in (claims.get("client_id"), claims.get("azp")) else EMPLOYEES

    def _teams(self, claims: Claims) -> frozenset[str]:
        names = _words(claims, self.teams) if self.teams else []
        return frozenset(n.removeprefix(self.teams_prefix) for n in names if n.startswith(self.teams_prefix))


def check_times(claims: Claims, leeway: float = LEEWAY) -> None:
    """Raise `Unauthorized` unless now lies between nbf and exp, as far as they are there; `leeway` in seconds."""
    expires, begins, now = _time(claims, "exp"), _time(claims, "nbf"), time.time()
    if expires is not None and expires <= now - leeway:
        raise Unauthorized(INVALID)
    if begins is not None and begins > now + leeway:
        raise Unauthorized("the access token is not valid yet: is the clock right?")


def check_audience(claims: Claims, audience: str) -> None:
    """Raise `Unauthorized` unless the token is meant for `audience` (RFC 7519 section 4.1.3)."""
    meant_for = claims.get("aud")
    if meant_for != audience and not (isinstance(meant_for, list) and audience in meant_for):
        raise Unauthorized(f"the access token is not meant for this registry: its audience must be {audience}")


def _time(claims: Claims, claim: str) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_TIME:
        raise ValueError(f"claim {claim} is not a time")
    return float(value)


def _expiry(claims: Claims) -> datetime | None:
    expires = _time(claims, "exp")
    return None if expires is None else datetime.fromtimestamp(expires, UTC)


def _words(claims: Claims, claim: str) -> list[str]:
    """A list of strings, also from a string with spaces between them."""
    value = claims.get(claim)
    if value is None:
        return []
    if isinstance(value, list):
        return [_text(claim, word) for word in value]
    return _text(claim, value).split()


def _text(claim: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"claim {claim} is not made of strings")


def _is_usable(name: str) -> bool:
    """Names go into records, messages and the URLs of directories."""
    is_printable = 0 < len(name) <= _MAX_NAME and name.isprintable() and name == name.strip()
    return is_printable and not set(name) & set("/\\") and name not in (".", "..")
