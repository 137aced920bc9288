"""How many passwords somebody may try for a user name: the brake on brute force.

Ten different passwords are looked at as they come; then one, and after each the next only after a pause that doubles
from one second to thirty. A name at which nobody tried a new password for fifteen minutes starts afresh. What comes
in between is refused unseen, so it costs the registry nothing and tells nothing.

- A password that is among the last ten is no new guess: a machine that goes on with an old password, or many that log
  in at once with the right one, use up nothing.
- Names are counted whether there is such a user or not, so nobody learns from an answer who is one.
- A guess counts when it begins, so many at once are not more than the same one after the other.
- Names and passwords are kept as keyed hashes only. The names used longest ago are forgotten when there are too many;
  to push out one, an attacker has to have thousands of slow password checks made.
"""

import hashlib
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pierone_core.errors import TooManyGuesses

FREE_GUESSES = 10
MAX_PAUSE_SECONDS = 30.0
FORGET_SECONDS = 900.0
MAX_NAMES = 4096


@dataclass(slots=True)
class _Tries:
    """The tries at one name: how many, the last of them, and when the next one may come."""

    count: int = 0
    last: tuple[bytes, ...] = ()
    next_at: float = 0.0
    forget_at: float = math.inf


class Guesses:
    """Counts the passwords that are tried; may be used by several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._clock, self._key = clock, os.urandom(32)
        self._names: dict[bytes, _Tries] = {}
        self._mutex = threading.Lock()

    def fingerprint(self, text: str) -> bytes:
        """A keyed hash of a name or a password, good in this process only."""
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._key, digest_size=16).digest()

    def admit(self, user: str, guess: bytes) -> None:
        """Let one more password for `user` be looked at; raises `TooManyGuesses` if it is too early for that."""
        with self._mutex:
            tries, now = self._tries(self.fingerprint(user)), self._clock()
            if guess in tries.last:
                return
            if now < tries.next_at:
                raise _refusal(math.ceil(tries.next_at - now))
            tries.count += 1
            tries.last = (*tries.last, guess)[-FREE_GUESSES:]
            tries.next_at, tries.forget_at = now + _pause(tries.count), now + FORGET_SECONDS

    def _tries(self, name: bytes) -> _Tries:
        """What is known of a name, which counts as used now."""
        tries = self._names.pop(name, None)
        if tries is None or tries.forget_at <= self._clock():
            tries = _Tries()
        self._names[name] = tries
        if len(self._names) > MAX_NAMES:
            del self._names[next(iter(self._names))]
        return tries


def _pause(count: int) -> float:
    """Seconds from guess number `count` to the next."""
    doublings = count - FREE_GUESSES
    # The exponent is bounded, or a long attack would end in an overflow.
    return min(2.0 ** min(doublings, 10), MAX_PAUSE_SECONDS) if doublings >= 0 else 0.0


def _refusal(seconds: int) -> TooManyGuesses:
    return TooManyGuesses(
        f"too many wrong passwords were tried for this user name; log in again in {seconds} s. "
        "If it was not you who tried them, tell the operator of the registry",
        seconds,
    )
