"""The users file: what is wrong with it is said before anybody is served."""

import json
import re
from pathlib import Path

import bcrypt
import pytest

from pierone_adapters.identity import StaticUsers, hash_password
from pierone_core.caller import Caller, Password
from pierone_core.errors import Unauthorized

HASHED = bcrypt.hashpw(b"s3cret", bcrypt.gensalt(4)).decode()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Name a users file that is not written yet."""
    return tmp_path / "users.json"


def write(users: Path, document: object) -> Path:
    users.write_text(json.dumps(document), encoding="utf-8")
    return users


def test_users_are_told_apart_with_their_teams(users: Path) -> None:
    other = bcrypt.hashpw("ünï".encode(), bcrypt.gensalt(4)).decode()
    known = StaticUsers.read(
        write(users, {"alice": {"password": HASHED, "teams": ["b", "a"]}, "bøb": {"password": other, "teams": []}})
    )
    assert known.authenticate(Password("alice", "s3cret")) == Caller("alice", teams=frozenset({"a", "b"}))
    assert known.authenticate(Password("bøb", "ünï")) == Caller("bøb")


def test_a_file_may_have_no_users(users: Path) -> None:
    with pytest.raises(Unauthorized):
        StaticUsers.read(write(users, {})).authenticate(Password("alice", "s3cret"))


@pytest.mark.parametrize("document", [None, [], "alice", 7, [{"alice": {}}]])
def test_a_file_that_is_no_object_is_refused_by_name(users: Path, document: object) -> None:
    with pytest.raises(ValueError, match="not a JSON object of users") as error:
        StaticUsers.read(write(users, document))
    assert str(users) in str(error.value)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        "s3cret",
        {},
        {"password": HASHED},
        {"teams": []},
        {"password": HASHED, "teams": "team"},
        {"password": HASHED, "teams": {"team": True}},
        {"password": HASHED, "teams": None},
        {"password": HASHED, "teams": [7]},
        {"password": HASHED, "teams": [None]},
        {"password": None, "teams": []},
        {"password": 7, "teams": []},
        {"password": "", "teams": []},
        {"password": "s3cret", "teams": []},
        {"password": HASHED[:-1], "teams": []},
        {"password": HASHED + "x", "teams": []},
        {"password": HASHED[:29], "teams": []},
        {"password": "$2b$99" + HASHED[6:], "teams": []},
        {"password": "$1$" + HASHED[3:], "teams": []},
        {"password": "\ud800", "teams": []},
    ],
    ids=range(21),
)
def test_a_user_without_hash_or_teams_is_refused_by_name(users: Path, facts: object) -> None:
    write(users, {"bob": {"password": HASHED, "teams": []}, "alice": facts})
    with pytest.raises(ValueError, match="user 'alice' needs a bcrypt password hash and a list of teams") as error:
        StaticUsers.read(users)
    assert str(users) in str(error.value)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("data", [b"", b"{", b"{}}", b"\xff\xfe", b"alice: s3cret"])
def test_a_file_that_is_no_json_is_refused_by_name(users: Path, data: bytes) -> None:
    users.write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(str(users))):
        StaticUsers.read(users)


@pytest.mark.parametrize("name", ["oauth2", "instance-identity-document", "al:ice", ":", ""])
def test_a_user_who_could_never_log_in_is_refused_by_name(users: Path, name: str) -> None:
    write(users, {"bob": {"password": HASHED, "teams": []}, name: {"password": HASHED, "teams": []}})
    with pytest.raises(ValueError, match=f"no user can be called {name!r}") as error:
        StaticUsers.read(users)
    assert str(users) in str(error.value)


@pytest.mark.parametrize(
    "text", ['{"alice": 1, "bob": 2, "alice": 3}', '{"bob": {"alice": [], "teams": [], "alice": []}}']
)
def test_a_name_that_stands_there_twice_is_refused(users: Path, text: str) -> None:
    users.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{users}: 'alice' stands there twice")):
        StaticUsers.read(users)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_a_file_that_is_nested_without_end_is_refused_in_a_line(users: Path, text: str) -> None:
    users.write_text(text)
    with pytest.raises(ValueError, match="too deeply nested") as error:
        StaticUsers.read(users)
    assert str(users) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_the_systems_error(users: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(users))):
        StaticUsers.read(users)


def test_a_hash_that_was_made_here_is_taken(users: Path) -> None:
    hashed = hash_password("ünï cödé")
    assert re.fullmatch(r"\$2b\$12\$[./A-Za-z0-9]{53}", hashed)
    known = StaticUsers.read(write(users, {"alice": {"password": hashed, "teams": []}}))
    assert known.authenticate(Password("alice", "ünï cödé")) == Caller("alice")


def test_a_password_is_never_compared_without_its_end(users: Path) -> None:
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    known = StaticUsers.read(write(users, {"alice": {"password": hashed, "teams": []}}))
    assert known.authenticate(Password("alice", "x" * 72)) == Caller("alice")
    for password in ("x" * 73, "x" * 72 + "\0", "x" * 71):
        with pytest.raises(Unauthorized):
            known.authenticate(Password("alice", password))


@pytest.mark.parametrize("password", ["x" * 73, "ü" * 37])
def test_a_password_that_bcrypt_would_cut_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="72"):
        hash_password(password)
