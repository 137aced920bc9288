"""From the Authorization header to a caller.

An answer of the identity source is kept for a minute under a keyed hash of the header, so a caller who goes on
costs one look-up; refusals are not kept.
"""

import binascii
import hashlib
import os
import time

from pierone_core.caller import BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_core.ports import Identity
from pierone_http.work import Work

_KEEP_SECONDS = 60.0
_KEEP_CALLERS = 10_000


class Authentication:
    """Asks the identity source, and remembers its positive answers."""

    def __init__(self, identity: Identity, work: Work) -> None:
        """Ask `identity` in threads of `work`."""
        self._identity, self._work = identity, work
        self._key = os.urandom(32)
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, header: bytes) -> Caller:
        """Who sent `header`, the value of Authorization (empty: none); raises `Unauthorized`."""
        key = hashlib.blake2b(header, key=self._key, digest_size=32).digest()
        until, caller = self._known.get(key, (0.0, None))
        if caller and until > time.monotonic():
            return caller
        caller = await self._work.run(self._identity.authenticate, parse(header))
        self._keep(key, caller)
        return caller

    def _keep(self, key: bytes, caller: Caller) -> None:
        if len(self._known) >= _KEEP_CALLERS:
            self._known.clear()
        self._known[key] = (time.monotonic() + _KEEP_SECONDS, caller)


def parse(header: bytes) -> Credentials:
    """The credentials in an Authorization header (RFC 7617, RFC 6750); raises `Unauthorized` if malformed."""
    if not header:
        return None
    scheme, _, value = header.decode("latin-1").partition(" ")
    match scheme.lower():
        case "basic":
            return _parse_basic(value.strip())
        case "bearer" | "token":
            return BearerToken(value.strip())
    raise Unauthorized("the Authorization header is neither Basic nor Bearer")


def _parse_basic(value: str) -> Password:
    try:
        user, colon, secret = binascii.a2b_base64(value, strict_mode=True).decode().partition(":")
    except ValueError as error:
        raise Unauthorized("the Authorization header is not valid Basic authentication") from error
    if not colon:
        raise Unauthorized("the Authorization header has no password")
    return Password(user, secret)
