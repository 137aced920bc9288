"""Guessing passwords of the users file: slow for whoever guesses, and no trouble for whoever knows."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest
from tests.integration.identity.clock import Clock
from tests.unit.test_authentication_memory import reachable

from pierone_adapters.identity import StaticUsers
from pierone_adapters.identity.guesses import FORGET_SECONDS, FREE_GUESSES, MAX_NAMES, Guesses
from pierone_core.caller import Caller, Password
from pierone_core.errors import RegistryError, TooManyGuesses, Unauthorized

ALICE = Password("alice", "s3cret")
COST = 5
EXAMPLE_SECONDS = 8
PAGE = Path(__file__).parents[2] / "docs/operators/identity.md"


@pytest.fixture
def clock() -> Clock:
    """Stand still."""
    return Clock()


@pytest.fixture
def users(tmp_path: Path, clock: Clock) -> StaticUsers:
    """Know alice and bob."""
    hashed = bcrypt.hashpw(b"s3cret", bcrypt.gensalt(COST)).decode()
    file = tmp_path / "users.json"
    file.write_text(json.dumps({name: {"password": hashed, "teams": []} for name in ("alice", "bob")}))
    return StaticUsers.read(file, clock)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Collect the hashes that passwords were compared with: what costs time, and what an attacker is after."""
    hashes: list[bytes] = []
    check: Callable[[bytes, bytes], bool] = bcrypt.checkpw

    def checkpw(password: bytes, hashed: bytes) -> bool:
        hashes.append(hashed)
        return check(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    return hashes


def answer(users: StaticUsers, user: str, secret: str) -> RegistryError | Caller:
    try:
        return users.authenticate(Password(user, secret))
    except RegistryError as refusal:
        return refusal


def guess(users: StaticUsers, user: str = "alice", count: int = FREE_GUESSES) -> list[str]:
    """Try as many passwords that nobody tried before; return how they were answered."""
    start = len(GUESSED)
    GUESSED.extend(f"guess {start + number}" for number in range(count))
    return [type(answer(users, user, secret)).__name__ for secret in GUESSED[start:]]


GUESSED: list[str] = []


def test_after_ten_passwords_the_next_is_not_even_looked_at(users: StaticUsers, checked: list[bytes]) -> None:
    assert guess(users) == ["Unauthorized"] * 10
    assert guess(users, count=50) == ["TooManyGuesses"] * 50
    assert len(checked) == 10
    with pytest.raises(TooManyGuesses, match="log in again in 1 s") as refusal:
        users.authenticate(ALICE)  # or else the answer would say that it is the right one
    assert (refusal.value.code, refusal.value.seconds) == ("TOOMANYREQUESTS", 1)


def test_the_pause_doubles_up_to_half_a_minute(users: StaticUsers, clock: Clock) -> None:
    guess(users)
    pauses = []
    for _ in range(8):
        refusal = answer(users, "alice", "whatever")
        assert isinstance(refusal, TooManyGuesses)
        clock.move(refusal.seconds - 0.1)
        assert guess(users, count=1) == ["TooManyGuesses"]
        clock.move(0.1)
        assert guess(users, count=2) == ["Unauthorized", "TooManyGuesses"]
        pauses.append(refusal.seconds)
        if refusal.seconds == EXAMPLE_SECONDS:
            assert f"\n    {refusal.message}\n" in PAGE.read_text()
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_long_attack_ends_in_no_other_error(clock: Clock) -> None:
    guesses = Guesses(clock)
    for number in range(1100):  # two to this power is no float any more
        guesses.admit("alice", b"%d" % number)
        clock.move(30)
    guesses.admit("alice", b"one")
    with pytest.raises(TooManyGuesses):
        guesses.admit("alice", b"two")


def test_whoever_logged_in_before_is_let_in_at_once_whatever_others_try(
    users: StaticUsers, checked: list[bytes]
) -> None:
    assert users.authenticate(ALICE) == Caller("alice")
    guess(users, count=100)
    before = len(checked)
    assert [users.authenticate(ALICE) for _ in range(100)] == [Caller("alice")] * 100
    assert len(checked) == before == FREE_GUESSES


def test_whoever_did_not_is_let_in_after_a_pause(users: StaticUsers, clock: Clock) -> None:
    guess(users)
    clock.move(1)
    assert users.authenticate(ALICE) == Caller("alice")
    assert answer(users, "alice", "s3cret ") != Caller("alice")
    assert users.authenticate(ALICE) == Caller("alice")


def test_guesses_at_one_name_do_not_keep_out_another_user(users: StaticUsers) -> None:
    guess(users, "alice", 100)
    assert guess(users, "bob", 1) == ["Unauthorized"]
    assert users.authenticate(Password("bob", "s3cret")) == Caller("bob")


def test_an_old_password_that_is_shown_again_and_again_is_one_guess(users: StaticUsers) -> None:
    assert {type(answer(users, "alice", "of last year")) for _ in range(100)} == {Unauthorized}
    assert guess(users, count=FREE_GUESSES) == ["Unauthorized"] * (FREE_GUESSES - 1) + ["TooManyGuesses"]


def test_a_password_that_was_refused_unseen_can_be_tried_later(users: StaticUsers, clock: Clock) -> None:
    guess(users)
    for _ in range(2):
        assert isinstance(answer(users, "alice", ALICE.secret), TooManyGuesses)
    clock.move(1)
    assert users.authenticate(ALICE) == Caller("alice")


@pytest.mark.parametrize("unknown", ["mallory", "", "Alice", "x" * 100_000, "\ud800"], ids=range(5))
def test_a_name_of_nobody_is_answered_like_that_of_a_user(
    users: StaticUsers, clock: Clock, checked: list[bytes], unknown: str
) -> None:
    def attack(user: str) -> list[tuple[str, str]]:
        refusals = [answer(users, user, secret) for secret in map(str, range(20))]
        clock.move(1)
        refusals += [answer(users, user, secret) for secret in ("a", "b")]
        return [(type(refusal).__name__, str(refusal)) for refusal in refusals]

    assert attack(unknown) == attack("alice")
    # As many comparisons, each as slow: bytes 4 and 5 are the cost.
    assert [hashed[4:6] for hashed in checked] == [b"%02d" % COST] * 22


def test_many_guesses_at_once_are_as_many_as_one_after_the_other(users: StaticUsers, checked: list[bytes]) -> None:
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda number: answer(users, "alice", f"at once {number}"), range(200)))
    assert len(checked) == FREE_GUESSES
    assert [type(each) for each in answers].count(Unauthorized) == FREE_GUESSES


def test_many_logins_at_once_with_the_right_password_all_succeed(users: StaticUsers) -> None:
    with ThreadPoolExecutor(32) as threads:
        assert set(threads.map(users.authenticate, [ALICE] * 200)) == {Caller("alice")}


def test_after_a_quarter_of_an_hour_without_guesses_a_name_starts_afresh(users: StaticUsers, clock: Clock) -> None:
    guess(users, count=20)
    clock.move(FORGET_SECONDS - 0.1)
    assert guess(users, count=2) == ["Unauthorized", "TooManyGuesses"]
    clock.move(FORGET_SECONDS)
    assert guess(users) == ["Unauthorized"] * FREE_GUESSES


@pytest.mark.parametrize(("others", "is_known"), [(MAX_NAMES - 1, True), (MAX_NAMES, False)])
def test_only_the_names_used_last_are_remembered(clock: Clock, others: int, *, is_known: bool) -> None:
    guesses = Guesses(clock)
    for number in range(FREE_GUESSES):
        guesses.admit("alice", b"%d" % number)
    for number in range(others):
        guesses.admit(f"nobody {number}", b"guess")
    if is_known:
        with pytest.raises(TooManyGuesses):
            guesses.admit("alice", b"another")
    else:
        guesses.admit("alice", b"another")


def test_neither_a_password_nor_a_name_that_was_tried_stays_in_memory(users: StaticUsers) -> None:
    users.authenticate(ALICE)
    answer(users, "mallory-the-first", "wr0ng-passw0rd")
    held = reachable(users)
    held += [key for each in held if isinstance(each, dict) for key in each]  # gc leaves out keys that are strings
    texts = [each if isinstance(each, bytes) else each.encode() for each in held if isinstance(each, str | bytes)]
    for secret in (b"mallory-the-first", b"wr0ng-passw0rd", ALICE.secret.encode()):
        assert not [text for text in texts if secret in text]
