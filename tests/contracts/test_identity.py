"""What `Identity` promises: the caller behind credentials, or `Unauthorized`, and nothing else whatever is sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import bcrypt
import pytest
from tests.contracts.threads import all_at_once

from pierone_adapters.identity import OpenIdentity, StaticUsers
from pierone_core.caller import BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized
from pierone_core.ports import Identity


@dataclass(frozen=True)
class Source:
    """An identity source, with credentials it knows."""

    identity: Identity
    credentials: Credentials
    caller: Caller


def open_identity(_: Path) -> Source:
    return Source(OpenIdentity(), Password("anybody", ""), Caller("anonymous", unrestricted=True))


def static_users(directory: Path) -> Source:
    hashed = bcrypt.hashpw(b"s3cret", bcrypt.gensalt(4)).decode()
    users = directory / "users.json"
    users.write_text(json.dumps({"alice": {"password": hashed, "teams": ["team", "crew"]}}))
    return Source(
        StaticUsers.read(users), Password("alice", "s3cret"), Caller("alice", teams=frozenset({"team", "crew"}))
    )


SOURCES: Mapping[str, Callable[[Path], Source]] = {"open": open_identity, "static users": static_users}

STRANGERS: Mapping[str, Credentials] = {
    "empty": Password("", ""),
    "no password": Password("alice", ""),
    "no name": Password("", "s3cret"),
    "wrong password": Password("alice", "S3cret"),
    "a space more": Password("alice", "s3cret "),
    "a null byte more": Password("alice", "s3cret\0"),
    "longer than bcrypt takes": Password("alice", "s3cret" * 100),
    "wrong case": Password("Alice", "s3cret"),
    "unknown": Password("mallory", "s3cret"),
    "unreadable": Password("\N{WHALE}\0\n", "\N{WHALE}\0\n"),
    "half a character": Password("alice", "\ud800"),
    "empty token": BearerToken(""),
    "token": BearerToken("s3cret"),
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """Begin each identity source."""
    return SOURCES[request.param](tmp_path)


def test_who_is_known_is_told_every_time(source: Source) -> None:
    assert [source.identity.authenticate(source.credentials) for _ in range(3)] == [source.caller] * 3


def test_many_may_ask_at_once(source: Source) -> None:
    ask = partial(source.identity.authenticate, source.credentials)
    assert all_at_once([ask] * 8) == [source.caller] * 8


@pytest.mark.parametrize("stranger", STRANGERS)
def test_who_is_not_known_is_unauthorized_whatever_is_sent(source: Source, stranger: str) -> None:
    if source.caller.unrestricted:
        assert source.identity.authenticate(STRANGERS[stranger]) == source.caller
    else:
        with pytest.raises(Unauthorized, match="docker login"):
            source.identity.authenticate(STRANGERS[stranger])


def test_a_secret_does_not_show_when_credentials_are_printed() -> None:
    assert "s3cret" not in repr([Password("alice", "s3cret"), BearerToken("s3cret")])
