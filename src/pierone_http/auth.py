"""From the Authorization header to a caller.

Who sent a header is kept under a keyed hash of it, so that whoever goes on is known at once. This is not what knows
best: a header that is forgotten is read again, and its credentials are looked for among the known callers. What
is no credentials is refused afresh each time, and what is refused is not kept here, so nobody pushes others out with
nonsense. Tokens of our own, which nobody else is asked about and which anybody may have under public read, are kept
apart.
"""

import asyncio
import binascii
import hashlib
import os
from datetime import UTC, datetime

from pierone_core.caller import TOKEN_USER, BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_core.ports import Identity, TokenIssuer
from pierone_http.known_callers import Known, KnownCallers, keep
from pierone_http.work import Work

_KEEP_HEADERS = 10_000
_KEEP_SECONDS = 300.0
# A token of ours for a push that mounts from a few repositories has less. What longer ones grant would take too much
# memory: anybody may ask for twenty long names under public read.
_LONGEST_KEPT_BYTES = 2 << 10
_NOTHING: tuple[float, None] = (0.0, None)


class Authentication:
    """Knows callers by their headers and credentials."""

    def __init__(self, identity: Identity, issuer: TokenIssuer, work: Work) -> None:
        """Ask `identity` in threads of `work`; tokens of `issuer` need no asking."""
        self._identity, self._issuer = identity, issuer
        self._known = KnownCallers(identity, work)
        self._key = os.urandom(32)
        self._answers: dict[bytes, tuple[float, Caller]] = {}
        self._own: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, header: bytes) -> Caller:
        """Who sent `header`, the value of Authorization; raises `Unauthorized` or `Unavailable`."""
        if not header:
            return self._identity.nobody
        key = self._hash(header)
        return self._kept(key, asyncio.get_running_loop().time()) or await self._ask(key, header)

    def known(self, header: bytes, now: float) -> Caller | None:
        """Who sent `header`, if that is known without asking; `now` is the event loop's time."""
        return self._kept(self._hash(header), now) if header else self._identity.nobody

    def _hash(self, header: bytes) -> bytes:
        return hashlib.blake2b(header, key=self._key, digest_size=32).digest()

    def _kept(self, key: bytes, now: float) -> Caller | None:
        until, caller = self._answers.get(key) or self._own.get(key) or _NOTHING
        return None if until < now else caller

    async def authenticate(self, credentials: Credentials | None) -> Caller:
        """Who shows `credentials`; raises as `caller`."""
        return (await self._find(credentials)).caller

    async def _ask(self, key: bytes, header: bytes) -> Caller:
        caller, until = await self._find(parse(header))
        if caller is self._identity.nobody:
            return caller  # who shows empty credentials, which can be written in many ways
        if caller.grants is None:
            keep(self._answers, key, (until, caller), _KEEP_HEADERS)
        elif len(header) <= _LONGEST_KEPT_BYTES:
            keep(self._own, key, (until, caller), _KEEP_HEADERS)
        return caller

    async def _find(self, credentials: Credentials | None) -> Known:
        if credentials is None:
            return Known(self._identity.nobody, 0.0)
        if isinstance(credentials, BearerToken) and self._issuer.is_issued(credentials.secret):
            return _until_its_end(self._issuer.read(credentials.secret))
        return await self._known.find(credentials)


def _until_its_end(caller: Caller) -> Known:
    """How long the bearer of a token of ours is known."""
    ends = caller.expires_at or datetime.now(UTC)
    seconds = min(_KEEP_SECONDS, (ends - datetime.now(UTC)).total_seconds())
    return Known(caller, asyncio.get_running_loop().time() + seconds)


def parse(header: bytes) -> Credentials | None:
    """The credentials in an Authorization header (RFC 7617, RFC 6750), None if it has none; raises `Unauthorized`."""
    if not header:
        return None
    scheme, _, value = header.decode("latin-1").partition(" ")
    match scheme.lower():
        case "basic":
            return _parse_basic(value.strip())
        case "bearer" | "token":
            return BearerToken(value.strip())
    raise Unauthorized("the Authorization header is neither Basic nor Bearer")


def _parse_basic(value: str) -> Credentials | None:
    try:
        user, colon, secret = binascii.a2b_base64(value, strict_mode=True).decode().partition(":")
    except ValueError as error:
        raise Unauthorized("the Authorization header is not valid Basic authentication") from error
    if not colon:
        raise Unauthorized("the Authorization header has no password")
    return password_credentials(user, secret)


def password_credentials(user: str, secret: str) -> Credentials | None:
    """What a user name and a password stand for; podman and skopeo send both empty for nobody."""
    if user == TOKEN_USER:
        return BearerToken(secret)
    return Password(user, secret) if user or secret else None
