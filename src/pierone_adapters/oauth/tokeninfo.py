"""STUPS tokeninfo: an endpoint that says what the token in the Authorization header is.

The token travels in the header only. The endpoint also takes `?access_token=`, but URLs end up in logs (RFC 9700
section 4.3.2).
"""

import time
from dataclasses import dataclass, field

from pierone_adapters.oauth.claims import INVALID, ClaimNames, check_times
from pierone_adapters.web import WebSource
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized, Unavailable

_OK = 200
_MAX_SECONDS = 10**10


@dataclass(frozen=True)
class Tokeninfo:
    """Callers by a tokeninfo endpoint."""

    source: WebSource
    url: str
    names: ClaimNames = field(default_factory=ClaimNames)

    def authenticate(self, credentials: BearerToken) -> Caller:
        """The caller behind a token; raises `Unauthorized`, or `Unavailable` without a usable answer."""
        answer = self.source.get(self.url, token=credentials.secret)
        if answer.status != _OK:  # old servers say 400 for a bad token
            raise Unauthorized(INVALID)
        try:
            claims = _with_expiry(answer.json_object())
            check_times(claims, leeway=0)
            return self.names.caller(self._with_realm(claims), credentials)
        except ValueError as error:
            raise Unavailable(f"{self.source.name} answered something unexpected: {error}") from error

    def _with_realm(self, claims: dict[str, object]) -> dict[str, object]:
        """`claims` with a realm. Tokeninfo says one; if not, nothing is guessed: who is of no realm may only pull."""
        return claims if claims.get(self.names.realm) is not None else claims | {self.names.realm: ""}


def _with_expiry(claims: dict[str, object]) -> dict[str, object]:
    """`claims` with the time when the token ends, of which tokeninfo says in how many seconds it comes."""
    seconds = claims.get("expires_in")
    if seconds is None:
        return claims
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and abs(seconds) <= _MAX_SECONDS:
        return claims | {"exp": time.time() + seconds}
    raise ValueError("expires_in is no number of seconds")
