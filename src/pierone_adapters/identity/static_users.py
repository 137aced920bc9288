"""Users, their bcrypt password hashes and their teams in a JSON file.

{"alice": {"password": "$2b$12$...", "teams": ["myteam"]}}

Guessing is slowed down for each user name (see `guesses`). Since anybody can make wrong guesses at any name, this must
not keep the right user out: a password that was verified once since the start is known again by its keyed hash, at
once, before anything is counted. A name that is no user's is treated like one in everything: it is counted, and its
password is compared with a hash that is as slow as the users' slowest.
"""

import hmac
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import bcrypt

from pierone_adapters.identity.chain import INSTANCE_USER
from pierone_adapters.identity.guesses import Guesses
from pierone_adapters.identity.json_file import read_names
from pierone_core.caller import NOBODY, TOKEN_USER, Caller, Credentials, Password
from pierone_core.errors import Unauthorized

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
# bcrypt takes no more; a longer password is refused rather than cut.
_MAX_PASSWORD_BYTES = 72
# What an unknown user's password is compared with, so that the answer takes as long as for a known one: the hash of a
# random password that nobody kept, with the cost of the users' hashes put in.
_DECOY = "$2b${cost}$mPtS1tszLTnAlvrGlfEA8.6N/rb0BJERloW2v2Ze7Tj7RZ0nO1XK6"
_COST = slice(4, 6)


@dataclass(frozen=True)
class _User:
    password: bytes
    teams: frozenset[str]


class StaticUsers:
    """`Identity` over a fixed set of users, who are employees."""

    nobody = NOBODY

    def __init__(self, users: dict[str, _User], clock: Callable[[], float] = time.monotonic) -> None:
        """Use `read` to get one from a file."""
        self._users, self._guesses = users, Guesses(clock)
        self._decoy = _decoy_for(user.password for user in users.values())
        self._verified: dict[str, bytes] = {}

    @classmethod
    def read(cls, path: Path, clock: Callable[[], float] = time.monotonic) -> Self:
        """Read the users file; raises `ValueError` saying what is wrong with it, or `OSError`.

        `clock` counts seconds.
        """
        users = read_names(path, "users")
        return cls({name: _read_user(path, name, facts) for name, facts in users.items()}, clock)

    def authenticate(self, credentials: Credentials) -> Caller:
        """See `Identity`; raises `TooManyGuesses` as well."""
        if not isinstance(credentials, Password):
            raise Unauthorized("log in with a user name and a password: docker login <registry>")
        name, shown = credentials.user, self._guesses.fingerprint(credentials.secret)
        if not hmac.compare_digest(self._verified.get(name, b""), shown):
            self._verify(credentials, shown)
        return Caller(name, teams=self._users[name].teams)

    def _verify(self, credentials: Password, shown: bytes) -> None:
        self._guesses.admit(credentials.user, shown)
        user = self._users.get(credentials.user)
        if not _matches(credentials.secret, user.password if user else self._decoy) or user is None:
            raise Unauthorized("user name or password is wrong; log in again: docker login <registry>")
        self._verified[credentials.user] = shown


def hash_password(password: str) -> str:
    """The bcrypt hash for the users file; raises `ValueError` for more than 72 bytes."""
    secret = password.encode()
    if len(secret) > _MAX_PASSWORD_BYTES:
        raise ValueError(f"a password may have at most {_MAX_PASSWORD_BYTES} bytes, this has {len(secret)}")
    return bcrypt.hashpw(secret, bcrypt.gensalt()).decode()


def _matches(password: str, hashed: bytes) -> bool:
    secret = password.encode(errors="surrogatepass")
    return bcrypt.checkpw(secret[:_MAX_PASSWORD_BYTES], hashed) and len(secret) <= _MAX_PASSWORD_BYTES


def _decoy_for(hashes: Iterable[bytes]) -> bytes:
    """A hash that takes as long to compare with as the slowest of `hashes`."""
    cost = max((hashed[_COST] for hashed in hashes), default=b"12")
    return _DECOY.format(cost=cost.decode()).encode()


def _read_user(path: Path, name: str, facts: object) -> _User:
    if not name or ":" in name or name in (TOKEN_USER, INSTANCE_USER):
        raise ValueError(
            f"{path}: no user can be called {name!r}: nobody could log in (RFC 7617 ends a name at the colon; "
            f"{TOKEN_USER} and {INSTANCE_USER} say that the password is something else)"
        )
    try:
        password, teams = facts["password"], facts["teams"]  # type: ignore[index]
        return _User(_hash(password), frozenset(_strings(teams)))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path}: user {name!r} needs a bcrypt password hash and a list of teams") from error


def _hash(value: object) -> bytes:
    if isinstance(value, str) and _BCRYPT.fullmatch(value):
        return value.encode()
    raise TypeError("not a bcrypt hash")


def _strings(values: object) -> list[str]:
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return values
    raise TypeError("not a list of strings")
