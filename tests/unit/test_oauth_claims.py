"""From claims to a caller: names, realms, scopes and teams, of tokens as different servers describe them."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pierone_adapters.oauth import ClaimNames
from pierone_adapters.oauth.claims import check_audience, check_times
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized

NAMES = ClaimNames(teams="groups", teams_prefix="team:")
TOKEN = BearerToken("t0ken")
PAST, FUTURE = 1_000_000_000, 4_000_000_000


def caller(**claims: object) -> Caller:
    return NAMES.caller({"sub": "alice"} | claims, TOKEN)


def test_the_first_claim_that_is_there_is_the_name() -> None:
    assert caller(uid="a", username="b").name == "a"
    assert caller(username="b", client_id="c").name == "b"
    assert caller(client_id="c").name == "alice"
    assert NAMES.caller({"client_id": "c"}, TOKEN).name == "c"
    assert caller(uid=None, username="b").name == "b"


@pytest.mark.parametrize("name", ["stups_kio", "alice@example.org", "auth0|5", "Jürgen", "system:serviceaccount:a:b"])
def test_names_of_all_kinds_of_servers_are_taken(name: str) -> None:
    assert caller(uid=name).name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", " alice", "alice ", "a/b", "/", "a\\b", ".", "..", "a\nb", "a\x00", "a\x7f", "a\u202eb", "a\u2028b"),
        *("a" * 256, "\ud800", 5, True, ["alice"], {"name": "alice"}),
    ],
)
def test_a_name_that_cannot_be_used_is_not_replaced_by_the_next_claim(name: object) -> None:
    with pytest.raises(Unauthorized, match="names no user"):
        caller(uid=name)


def test_a_token_without_a_name_is_refused() -> None:
    with pytest.raises(Unauthorized, match="uid, username, sub, client_id"):
        NAMES.caller({"scope": "uid"}, TOKEN)


@pytest.mark.parametrize("realm", ["employees", "/employees", "/employees/", "employees/"])
def test_a_realm_has_no_slashes(realm: str) -> None:
    assert caller(realm=realm, client_id="alice").realm == "employees"


@pytest.mark.parametrize(
    ("claims", "realm"),
    [
        ({"sub": "alice", "client_id": "console"}, "employees"),
        ({"sub": "alice", "azp": "console"}, "employees"),
        ({"sub": "alice"}, "employees"),
        ({"username": "alice", "client_id": "console"}, "employees"),
        ({"uid": "alice"}, "employees"),
        ({"uid": "ci", "sub": "5f1c", "client_id": "ci"}, "employees"),
        ({"sub": "ci", "client_id": "ci"}, "services"),
        ({"sub": "ci", "azp": "ci"}, "services"),
        ({"username": "service-account-ci", "sub": "ci", "client_id": "ci"}, "services"),
        ({"client_id": "ci"}, "services"),
        ({"client_id": "ci", "sub": None}, "services"),
        ({"client_id": "ci", "realm": "/employees"}, "employees"),
        ({"sub": "alice", "realm": "/"}, ""),
    ],
)
def test_without_a_realm_a_client_that_acts_for_itself_is_a_service(claims: Mapping[str, object], realm: str) -> None:
    assert NAMES.caller(claims, TOKEN).realm == realm


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "uid application.write"},
        {"scope": ["uid", "application.write"]},
        {"scp": ["uid", "application.write"]},
        {"scope": "uid", "scp": "application.write"},
    ],
)
def test_scopes_are_a_list_or_words(claims: Mapping[str, object]) -> None:
    assert caller(**claims).scopes == {"uid", "application.write"}
    assert caller().scopes == frozenset()


def test_an_attribute_that_is_called_like_a_scope_is_none() -> None:
    assert caller(**{"application.write_all": True}).scopes == frozenset()


def test_teams_are_those_with_the_prefix_and_only_if_a_claim_is_named() -> None:
    groups = ["team:mine", "other", "xteam:no", "team:team:x"]
    assert caller(groups=groups).teams == {"mine", "team:x"}
    assert ClaimNames().caller({"sub": "alice", "groups": groups}, TOKEN).teams == frozenset()
    assert caller().teams == frozenset()


@pytest.mark.parametrize("claim", ["realm", "scope", "scp", "groups"])
@pytest.mark.parametrize("value", [5, True, {"a": "b"}, [5], [["a"]], [None]])
def test_a_claim_of_another_type_makes_all_worthless(claim: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"claim {claim}"):
        caller(**{claim: value})


def test_the_caller_has_the_token_and_its_end() -> None:
    assert caller(exp=FUTURE).token == "t0ken"
    assert caller(exp=FUTURE).expires_at == datetime.fromtimestamp(FUTURE, UTC)
    assert caller().expires_at is None
    assert "t0ken" not in repr(caller())


def test_a_token_that_is_bound_to_a_key_is_not_taken_from_whoever_has_it() -> None:
    with pytest.raises(Unauthorized, match="bound to a key"):
        caller(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})


def test_now_must_lie_between_beginning_and_end_give_or_take_a_little() -> None:
    now = datetime.now(UTC).timestamp()
    for claims in ({}, {"exp": FUTURE, "nbf": PAST}, {"exp": None}, {"exp": now - 5}, {"nbf": now + 5}):
        check_times(claims)
    for wrong in ({"exp": now - 60}, {"nbf": now + 60}, {"exp": PAST}, {"exp": 0}):
        with pytest.raises(Unauthorized):
            check_times(wrong)
    with pytest.raises(Unauthorized):
        check_times({"exp": now - 5}, leeway=0)


@pytest.mark.parametrize("value", ["4000000000", True, [FUTURE], float("inf"), float("nan"), 10**400, -1, 1e12])
@pytest.mark.parametrize("claim", ["exp", "nbf"])
def test_what_is_no_time_is_not_taken_for_one(claim: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"claim {claim} is not a time"):
        check_times({claim: value})


def test_an_audience_is_one_or_one_of_many() -> None:
    for right in ("me", ["me"], ["other", "me"]):
        check_audience({"aud": right}, "me")
    for wrong in ("other", ["other"], [], None, "me too", ["me too"], {"me": 1}, [["me"]]):
        with pytest.raises(Unauthorized):
            check_audience({"aud": wrong}, "me")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
CLAIMS = st.sampled_from(
    ["uid", "username", "sub", "client_id", "azp", "realm", "scope", "scp", "groups", "exp", "nbf"]
)


@given(st.dictionaries(CLAIMS, JSON | st.text(max_size=5)))
def test_whatever_is_claimed_ends_in_a_caller_with_a_usable_name_or_in_a_refusal(claims: dict[str, object]) -> None:
    try:
        check_times(claims)
        found = NAMES.caller(claims, TOKEN)
    except (Unauthorized, ValueError):
        return
    assert found.name.isprintable()
    assert 0 < len(found.name) <= 255
    assert not {"/", "\\"} & set(found.name)
    assert not {found.realm[:1], found.realm[-1:]} & {"/"}
