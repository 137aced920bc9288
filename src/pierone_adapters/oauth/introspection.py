"""Token introspection (RFC 7662): the authorization server says what a token is."""

import logging
from dataclasses import dataclass, field

from pierone_adapters.oauth.claims import INVALID, ClaimNames, check_audience, check_times
from pierone_adapters.web import Answer, WebSource, check_token
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized, Unavailable

_LOG = logging.getLogger(__name__)
_OK, _BAD_REQUEST = 200, 400


@dataclass(frozen=True)
class Introspection:
    """Callers by an introspection endpoint, at which the registry is `client`: an id and its secret.

    `audience`: what `aud` must contain (None: the endpoint itself knows for whom it answers).
    """

    source: WebSource
    url: str
    client: tuple[str, str] = field(repr=False)
    names: ClaimNames = field(default_factory=ClaimNames)
    audience: str | None = None

    def authenticate(self, credentials: BearerToken) -> Caller:
        """The caller behind a token; raises `Unauthorized`, or `Unavailable` without a usable answer."""
        form = {"token": check_token(credentials.secret), "token_type_hint": "access_token"}
        claims = self._claims(self.source.post(self.url, form, self.client))
        try:
            check_times(claims)
            if self.audience is not None:
                check_audience(claims, self.audience)
            return self.names.caller(claims, credentials)
        except ValueError as error:
            raise Unavailable(f"{self.source.name} answered something unexpected: {error}") from error

    def _claims(self, answer: Answer) -> dict[str, object]:
        """What an active token is; any answer but a clear yes or no is none (RFC 7662 section 2.2)."""
        if answer.status != _OK:
            raise self._refusal(answer)
        claims = answer.json_object()
        if claims.get("active") is True:
            return claims
        raise Unauthorized(INVALID) if claims.get("active") is False else answer.not_understood()

    def _refusal(self, answer: Answer) -> Unauthorized | Unavailable:
        if answer.status == _BAD_REQUEST and answer.json_object().get("error") == "unsupported_token_type":
            return Unauthorized(INVALID)
        if answer.status in (401, 403):  # not the caller's fault
            _LOG.error("%s refuses the registry's own client id or secret (%s)", answer.source, answer.status)
        return answer.not_understood()
