"""Upload passes: good for one upload of one caller in one repository, for a while, and for nothing else."""

import base64
import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Caller
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, ScopeMissing
from pierone_core.push_blobs import starter_of
from pierone_core.values import Repository
from pierone_http.upload_pass import UploadPasses

KEY = b"k" * 32
LIFETIME = 3600.0
PASSES = UploadPasses([KEY], LIFETIME)
REPOSITORY, UPLOAD = "ours/app", "0b5c0de5-3f5e-4b5c-8a6e-0123456789ab"
NAMES = [
    "alice",
    "",
    "stups_robot",
    "first.last",
    "...",
    "ali ce",
    "i-0123456789abcdef0/123456789012",
    "a@b",
    "ünï☃",
    "\0\n",
]


def issue(name: str = "alice", repository: str = REPOSITORY, upload: str = UPLOAD) -> str:
    return PASSES.issue(starter_of(Caller(name)), repository, upload)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_pass_stands_for_the_caller_who_started_the_upload(name: str) -> None:
    caller = PASSES.read(issue(name), REPOSITORY, UPLOAD)
    assert caller is not None
    assert caller.name == name


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS, TEXTS)
@example("employees", "a/b")
@example("employees/a", "b")
@example("a~1b~0", "c")
def test_any_name_of_any_realm_survives_the_way_through_a_pass(realm: str, name: str) -> None:
    text = PASSES.issue(starter_of(Caller(name, realm=realm)), REPOSITORY, UPLOAD)
    caller = PASSES.read(text, REPOSITORY, UPLOAD)
    assert caller is not None
    assert (caller.realm, caller.name) == (realm, name)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_pass_can_stand_in_a_url_as_it_is(name: str) -> None:
    assert set(issue(name)) <= set(string.ascii_letters + string.digits + "-_.=")


@pytest.mark.parametrize("public_read", [False, True])
def test_who_shows_a_pass_may_neither_push_nor_pull_with_it(public_read: bool) -> None:  # noqa: FBT001
    policy = AccessPolicy(NoTeams(), NoApplications(), public_read)
    caller = PASSES.read(issue(), REPOSITORY, UPLOAD)
    assert isinstance(caller, Caller)
    assert not caller.unrestricted
    for check in (policy.check_push, policy.check_pull):
        with pytest.raises((Denied, ScopeMissing)):
            check(caller, Repository(REPOSITORY))


@pytest.mark.parametrize("other", ["ours/app2", "ours/ap", "ours/app/part", "theirs/app", "", "ours/app ", "OURS/APP"])
def test_a_pass_is_no_good_in_another_repository(other: str) -> None:
    assert PASSES.read(issue(), other, UPLOAD) is None
    assert PASSES.read(issue(repository=other), REPOSITORY, UPLOAD) is None


@pytest.mark.parametrize("other", [UPLOAD[:-1], UPLOAD + "0", UPLOAD.upper(), "", UPLOAD + " ", "x"])
def test_a_pass_is_no_good_for_another_upload(other: str) -> None:
    assert PASSES.read(issue(), REPOSITORY, other) is None
    assert PASSES.read(issue(upload=other), REPOSITORY, UPLOAD) is None


def test_a_pass_is_no_good_under_another_name() -> None:
    name, ends, proof = issue("alice").split(".")
    for other in ("employees/bob", "employees/alice ", "employees/Alice", "services/alice", "alice", ""):
        encoded = base64.urlsafe_b64encode(other.encode()).decode()
        assert PASSES.read(f"{encoded}.{ends}.{proof}", REPOSITORY, UPLOAD) is None
    assert PASSES.read(f"{name}.{ends}.{proof}", REPOSITORY, UPLOAD)


@pytest.mark.parametrize("seconds", [1, 60, 10**6])
def test_a_pass_cannot_be_made_to_last_longer_or_end_earlier(seconds: int) -> None:
    name, ends, proof = issue().split(".")
    for altered in (int(ends) + seconds, int(ends) - seconds):
        assert PASSES.read(f"{name}.{altered}.{proof}", REPOSITORY, UPLOAD) is None


@pytest.mark.parametrize("ends", ["+{}", " {}", "{}_0", "0{}", "{}.0", "-{}", "{}\n"])
def test_the_end_of_a_pass_is_written_in_one_way_only(ends: str) -> None:
    name, number, proof = issue().split(".")
    assert PASSES.read(f"{name}.{ends.format(number)}.{proof}", REPOSITORY, UPLOAD) is None


def test_a_pass_ends_when_its_lifetime_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.9)
    text = issue()
    for now, is_good in ((1_000_000.9, True), (1_003_599.9, True), (1_003_601.0, False), (2_000_000.0, False)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert bool(PASSES.read(text, REPOSITORY, UPLOAD)) is is_good, now


def test_a_pass_made_with_another_key_is_no_good() -> None:
    for key in (b"l" * 32, KEY[:-1], KEY + b"k", b""):
        assert PASSES.read(UploadPasses([key], LIFETIME).issue("alice", REPOSITORY, UPLOAD), REPOSITORY, UPLOAD) is None


def test_every_replica_with_the_same_key_takes_a_pass() -> None:
    assert UploadPasses([KEY], LIFETIME).read(issue(), REPOSITORY, UPLOAD) == PASSES.read(issue(), REPOSITORY, UPLOAD)


@pytest.mark.parametrize("name", ["alice", "first.last", "ünï"])
def test_a_pass_with_any_character_changed_added_or_taken_away_is_no_good(name: str) -> None:
    text = issue(name)
    for place in range(len(text)):
        for character in {"A", "b", "0", ".", "-", "_", "=", " ", "ü", "\0"} - {text[place]}:
            assert PASSES.read(text[:place] + character + text[place + 1 :], REPOSITORY, UPLOAD) is None
            assert PASSES.read(text[:place] + character + text[place:], REPOSITORY, UPLOAD) is None
        assert PASSES.read(text[:place] + text[place + 1 :], REPOSITORY, UPLOAD) is None
        assert PASSES.read(text[:place], REPOSITORY, UPLOAD) is None
    assert PASSES.read(text, REPOSITORY, UPLOAD)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("")
@example("..")
@example("YWxpY2U=.99999999999.")
@example("YWxpY2U=." + "9" * 5000 + ".x")
@example("YWxpY2U=.inf.x")
@example("/w==.1.x")
def test_no_text_is_taken_for_a_pass(text: str) -> None:
    assert PASSES.read(text, REPOSITORY, UPLOAD) is None


def test_the_proof_of_a_pass_is_not_the_key() -> None:
    proof = issue().split(".")[2]
    assert KEY not in base64.urlsafe_b64decode(proof + "=")


def test_a_pass_of_a_key_that_was_rotated_out_of_first_place_is_still_good() -> None:
    rotated = UploadPasses([b"new", KEY], LIFETIME)
    assert rotated.read(issue(), REPOSITORY, UPLOAD) == PASSES.read(issue(), REPOSITORY, UPLOAD)
    assert PASSES.read(rotated.issue("alice", REPOSITORY, UPLOAD), REPOSITORY, UPLOAD) is None
