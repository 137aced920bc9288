"""Users, their bcrypt password hashes and their teams in a JSON file.

{"alice": {"password": "$2b$12$...", "teams": ["myteam"]}}
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import bcrypt

from pierone_core.caller import NOBODY, Caller, Credentials, Password
from pierone_core.errors import Unauthorized

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
# bcrypt takes no more; a longer password is refused rather than cut.
_MAX_PASSWORD_BYTES = 72
# What an unknown user's password is compared with, so that the answer takes as long as for a known one. It is
# the hash of a random password that nobody kept; making a new one would cost 0.3 s at every start.
_NOBODY = b"$2b$12$mPtS1tszLTnAlvrGlfEA8.6N/rb0BJERloW2v2Ze7Tj7RZ0nO1XK6"


@dataclass(frozen=True)
class _User:
    password: bytes
    teams: frozenset[str]


class StaticUsers:
    """`Identity` over a fixed set of users, who are employees."""

    nobody = NOBODY

    def __init__(self, users: dict[str, _User]) -> None:
        """Use `read` to get one from a file."""
        self._users = users

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the users file; raises `ValueError` saying what is wrong with it, or `OSError`."""
        try:
            users = json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path} is not JSON: {error}") from error
        if not isinstance(users, dict):
            raise ValueError(f"{path} is not a JSON object of users")  # noqa: TRY004 - one error for a bad file
        return cls({name: _read_user(path, name, facts) for name, facts in users.items()})

    def authenticate(self, credentials: Credentials) -> Caller:
        """See `Identity`."""
        if not isinstance(credentials, Password):
            raise Unauthorized("log in with a user name and a password: docker login <registry>")
        user = self._users.get(credentials.user)
        if not _matches(credentials.secret, user.password if user else _NOBODY) or user is None:
            raise Unauthorized("user name or password is wrong; log in again: docker login <registry>")
        return Caller(credentials.user, teams=user.teams)


def hash_password(password: str) -> str:
    """The bcrypt hash for the users file; raises `ValueError` for more than 72 bytes."""
    secret = password.encode()
    if len(secret) > _MAX_PASSWORD_BYTES:
        raise ValueError(f"a password may have at most {_MAX_PASSWORD_BYTES} bytes, this has {len(secret)}")
    return bcrypt.hashpw(secret, bcrypt.gensalt()).decode()


def _matches(password: str, hashed: bytes) -> bool:
    secret = password.encode(errors="surrogatepass")
    return bcrypt.checkpw(secret[:_MAX_PASSWORD_BYTES], hashed) and len(secret) <= _MAX_PASSWORD_BYTES


def _read_user(path: Path, name: str, facts: object) -> _User:
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
