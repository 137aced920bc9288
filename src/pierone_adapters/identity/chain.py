"""Several sources of identity as one.

A password is judged by the users file; the user name `instance-identity-document` says that the password is an AWS
identity document. A token that says it comes from the configured issuer is judged by the issuer's keys alone, so
that no other source overrules its audience; any other token by one source after the other: a source that says no lets
the next one try, and one that does not answer never lets anybody in.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

from pierone_core.caller import NOBODY, BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized, Unavailable

_LOG = logging.getLogger(__name__)

INSTANCE_USER = "instance-identity-document"


class Passwords(Protocol):
    """A source that knows passwords."""

    def authenticate(self, credentials: Password) -> Caller:
        """As `Identity.authenticate`."""


class Tokens(Protocol):
    """A source that knows access tokens."""

    def authenticate(self, credentials: BearerToken) -> Caller:
        """As `Identity.authenticate`."""


class IssuedTokens(Tokens, Protocol):
    """A source that sees from a token whether it is one of its own."""

    def is_issued(self, token: str) -> bool:
        """Whether `token` claims to be one of the issuer's (nothing is verified)."""


class IdentityChain:
    """`Identity` over the sources that are configured."""

    nobody = NOBODY

    def __init__(
        self,
        *,
        users: Passwords | None = None,
        instances: Passwords | None = None,
        issuer: IssuedTokens | None = None,
        tokens: Sequence[Tokens] = (),
    ) -> None:
        """`instances`: who judges AWS identity documents; `tokens`: asked in this order."""
        self._users, self._instances, self._issuer, self._tokens = users, instances, issuer, tokens

    def authenticate(self, credentials: Credentials) -> Caller:
        """See `Identity`."""
        if isinstance(credentials, Password):
            return self._judge_password(credentials)
        if self._issuer is not None and self._issuer.is_issued(credentials.secret):
            return self._issuer.authenticate(credentials)
        return self._judge_token(credentials)

    def _judge_password(self, credentials: Password) -> Caller:
        source = self._instances if credentials.user == INSTANCE_USER else self._users
        if source is not None:
            return source.authenticate(credentials)
        raise Unauthorized(
            "this registry knows no such passwords; log in with user name oauth2 and an access token as the password"
        )

    def _judge_token(self, token: BearerToken) -> Caller:
        refusal: Unauthorized = Unauthorized("the access token is of no kind that this registry takes")
        silence: Unavailable | None = None
        for source in self._tokens:
            try:
                return source.authenticate(token)
            except Unauthorized as error:
                refusal = error
            except Unavailable as error:
                _LOG.warning("%s", error.message)
                silence = error
        raise silence or refusal
