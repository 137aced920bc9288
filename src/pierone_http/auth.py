"""From the Authorization header to a caller.

Answers are kept under a keyed hash of the header, so a caller who goes on costs one look-up: positive ones for five
minutes at the most and never beyond the identity's end, refusals for seconds. Requests that ask the same at once
share one answer.
"""

import asyncio
import binascii
import hashlib
import os
from datetime import UTC, datetime
from typing import NamedTuple

from pierone_core.caller import BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_core.ports import Identity, TokenIssuer
from pierone_http.work import Work

_KEEP_SECONDS = 300.0
_KEEP_REFUSAL_SECONDS = 5.0
_KEEP_ANSWERS = 10_000
# Whoever sends this user name sends an OAuth token as the password; it is what `docker login` stores.
TOKEN_USER = "oauth2"  # noqa: S105 - a user name


class Refusal(NamedTuple):
    """What is remembered of a refusal; the exception itself would keep the credentials in its frames."""

    message: str
    detail: dict[str, object]


_NOTHING: tuple[float, None] = (0.0, None)


class Authentication:
    """Asks the identity source, and remembers what it said."""

    def __init__(self, identity: Identity, issuer: TokenIssuer, work: Work) -> None:
        """Ask `identity` in threads of `work`; tokens of `issuer` need no asking."""
        self._identity, self._issuer, self._work = identity, issuer, work
        self._key = os.urandom(32)
        self._answers: dict[bytes, tuple[float, Caller | Refusal]] = {}
        self._asking: dict[bytes, asyncio.Task[Caller]] = {}

    async def caller(self, header: bytes) -> Caller:
        """Who sent `header`, the value of Authorization; raises `Unauthorized` or `Unavailable`."""
        if not header:
            return self._identity.nobody
        key = self._hash(header)
        answer = self._kept(key, asyncio.get_running_loop().time())
        if answer is None:
            return await self._ask(key, header)
        if isinstance(answer, Refusal):
            raise Unauthorized(*answer)
        return answer

    def known(self, header: bytes, now: float) -> Caller | None:
        """Who sent `header`, if that is known without asking; `now` is the event loop's time."""
        answer = self._kept(self._hash(header), now) if header else self._identity.nobody
        return None if isinstance(answer, Refusal) else answer

    async def authenticate(self, credentials: Credentials | None) -> Caller:
        """Who shows `credentials`, without remembering; raises as `caller`."""
        if credentials is None:
            return self._identity.nobody
        if isinstance(credentials, BearerToken) and self._issuer.is_issued(credentials.secret):
            return self._issuer.read(credentials.secret)
        return await self._work.run(self._identity.authenticate, credentials)

    def _hash(self, header: bytes) -> bytes:
        return hashlib.blake2b(header, key=self._key, digest_size=32).digest()

    def _kept(self, key: bytes, now: float) -> Caller | Refusal | None:
        until, answer = self._answers.get(key, _NOTHING)
        return None if until < now else answer

    async def _ask(self, key: bytes, header: bytes) -> Caller:
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._remember(key, header))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _remember(self, key: bytes, header: bytes) -> Caller:
        try:
            caller = await self.authenticate(parse(header))
        except Unauthorized as refusal:
            self._keep(key, Refusal(refusal.message, refusal.detail), _KEEP_REFUSAL_SECONDS)
            raise
        self._keep(key, caller, _seconds_to_keep(caller))
        return caller

    def _keep(self, key: bytes, answer: Caller | Refusal, seconds: float) -> None:
        self._answers.pop(key, None)
        if len(self._answers) >= _KEEP_ANSWERS:
            del self._answers[next(iter(self._answers))]  # the oldest
        self._answers[key] = (asyncio.get_running_loop().time() + seconds, answer)


def _seconds_to_keep(caller: Caller) -> float:
    if caller.expires_at is None:
        return _KEEP_SECONDS
    return min(_KEEP_SECONDS, (caller.expires_at - datetime.now(UTC)).total_seconds())


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
