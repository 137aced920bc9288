"""What the identity source said of credentials: remembered for a while, and asked for once.

It does not matter how credentials came (Basic, Bearer, a form): the same ones are one question, and requests that ask
it at once share the answer. Callers are kept for five minutes at the most and never beyond the identity's end,
refusals for seconds, each in a map of its own: anybody can be refused as often as they like, and must not push out
anybody who is known. Keys are keyed hashes, good in this process only.
"""

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from pierone_core.caller import Caller, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_core.ports import Identity
from pierone_http.work import Work

_KEEP_SECONDS = 300.0
_KEEP_REFUSAL_SECONDS = 5.0
_KEEP_CALLERS = 10_000
_KEEP_REFUSALS = 2_000
# Checking a password takes a processor a quarter of a second, on purpose, and anybody may have one checked: whoever
# guesses at many names must not take the threads in which tokens are asked about.
_PASSWORD_THREADS = 2

Kept = TypeVar("Kept")


class Refusal(NamedTuple):
    """What is remembered of a refusal; the exception itself would keep the credentials in its frames."""

    message: str
    detail: dict[str, object]


class Known(NamedTuple):
    """A caller, and until when that holds (in the event loop's time)."""

    caller: Caller
    until: float


class KnownCallers:
    """Asks the identity source, and remembers what it said."""

    def __init__(self, identity: Identity, work: Work) -> None:
        """Ask `identity` about tokens in threads of `work`."""
        self._identity, self._work = identity, work
        self._password_work = Work(prompt=False, threads=_PASSWORD_THREADS)
        self._key = os.urandom(32)
        self._callers: dict[bytes, tuple[float, Caller]] = {}
        self._refusals: dict[bytes, tuple[float, Refusal]] = {}
        self._asking: dict[bytes, asyncio.Task[Known]] = {}

    async def find(self, credentials: Credentials) -> Known:
        """Who shows `credentials`; raises `Unauthorized` or `Unavailable`."""
        key, now = self._hash(credentials), asyncio.get_running_loop().time()
        until, caller = self._callers.get(key, (0.0, None))
        if caller is not None and now <= until:
            return Known(caller, until)
        until, refusal = self._refusals.get(key, (0.0, None))
        if refusal is not None and now <= until:
            raise Unauthorized(*refusal)
        return await self._ask(key, credentials)

    def _hash(self, credentials: Credentials) -> bytes:
        user = credentials.user if isinstance(credentials, Password) else ""
        # The length keeps apart what ends in the name from what begins the secret.
        text = f"{type(credentials).__name__} {len(user)} {user}{credentials.secret}"
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._key, digest_size=32).digest()

    async def _ask(self, key: bytes, credentials: Credentials) -> Known:
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._remember(key, credentials))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _remember(self, key: bytes, credentials: Credentials) -> Known:
        work = self._password_work if isinstance(credentials, Password) else self._work
        try:
            caller = await work.run(self._identity.authenticate, credentials)
        except Unauthorized as refusal:
            until = asyncio.get_running_loop().time() + _KEEP_REFUSAL_SECONDS
            keep(self._refusals, key, (until, Refusal(refusal.message, refusal.detail)), _KEEP_REFUSALS)
            raise
        until = asyncio.get_running_loop().time() + _seconds_to_keep(caller)
        keep(self._callers, key, (until, caller), _KEEP_CALLERS)
        return Known(caller, until)


def keep(kept: dict[bytes, Kept], key: bytes, value: Kept, at_most: int) -> None:
    """Put `value` into a map of `at_most` values, from which the oldest goes."""
    kept.pop(key, None)
    if len(kept) >= at_most:
        del kept[next(iter(kept))]
    kept[key] = value


def _seconds_to_keep(caller: Caller) -> float:
    if caller.expires_at is None:
        return _KEEP_SECONDS
    return min(_KEEP_SECONDS, (caller.expires_at - datetime.now(UTC)).total_seconds())
