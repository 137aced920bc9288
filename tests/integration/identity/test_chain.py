"""Several sources of identity: who is asked, who decides, and that silence lets nobody in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pierone_adapters.identity import IdentityChain, TeamFile
from pierone_core.caller import BearerToken, Caller, Credentials, Password
from pierone_core.errors import Unauthorized, Unavailable

TOKEN = BearerToken("t0ken")
YES, NO, SILENCE = "yes", "no", "silence"


class Source:
    """A source that always says the same; what it issued begins with its name."""

    def __init__(self, name: str, says: str) -> None:
        """`says` is one of the three things that a source can say."""
        self.name, self.says, self.asked = name, says, 0

    def authenticate(self, credentials: Credentials) -> Caller:
        """Say it."""
        self.asked += 1
        if self.says == YES:
            return Caller(self.name, token=getattr(credentials, "secret", ""))
        raise (Unauthorized if self.says == NO else Unavailable)(self.name)

    def is_issued(self, token: str) -> bool:
        """Whether it says so."""
        return token.startswith(self.name)


def verdict(ask: Callable[[], Caller]) -> str:
    try:
        return ask().name
    except Unauthorized:
        return NO
    except Unavailable:
        return SILENCE


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (YES, YES, "first"),
        (YES, NO, "first"),
        (YES, SILENCE, "first"),
        (NO, YES, "second"),
        (NO, NO, NO),
        (NO, SILENCE, SILENCE),
        (SILENCE, YES, "second"),
        (SILENCE, NO, SILENCE),
        (SILENCE, SILENCE, SILENCE),
    ],
)
def test_a_token_is_judged_by_one_source_after_the_other(first: str, second: str, expected: str) -> None:
    chain = IdentityChain(tokens=[Source("first", first), Source("second", second)])
    assert verdict(lambda: chain.authenticate(TOKEN)) == expected


def test_a_source_that_was_passed_over_in_silence_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    IdentityChain(tokens=[Source("first", SILENCE), Source("second", YES)]).authenticate(TOKEN)
    assert "first" in caplog.text
    assert TOKEN.secret not in caplog.text


@pytest.mark.parametrize(("says", "expected"), [(YES, "issuer"), (NO, NO), (SILENCE, SILENCE)])
def test_a_token_of_the_issuer_is_judged_by_its_keys_alone(says: str, expected: str) -> None:
    other = Source("other", YES)
    chain = IdentityChain(issuer=Source("issuer", says), tokens=[other])
    assert verdict(lambda: chain.authenticate(BearerToken("issuer's"))) == expected
    assert other.asked == 0


def test_a_token_that_is_not_of_the_issuer_is_judged_by_the_others() -> None:
    issuer = Source("issuer", YES)
    assert IdentityChain(issuer=issuer, tokens=[Source("other", YES)]).authenticate(TOKEN).name == "other"
    assert verdict(lambda: IdentityChain(issuer=issuer).authenticate(TOKEN)) == NO
    assert issuer.asked == 0


def test_without_a_source_of_tokens_a_token_is_refused() -> None:
    assert verdict(lambda: IdentityChain(users=Source("users", YES)).authenticate(TOKEN)) == NO


def test_passwords_are_judged_by_the_users_file_and_never_by_a_source_of_tokens() -> None:
    users, tokens = Source("users", YES), Source("tokens", YES)
    password = Password("alice", "t0ken")
    assert IdentityChain(users=users, tokens=[tokens]).authenticate(password).name == "users"
    assert verdict(lambda: IdentityChain(issuer=tokens, tokens=[tokens]).authenticate(password)) == NO
    assert tokens.asked == 0


def test_identity_documents_of_instances_are_judged_apart() -> None:
    users, document = Source("users", YES), Password("instance-identity-document", "MIAG...")
    assert IdentityChain(users=users, instances=Source("aws", YES)).authenticate(document).name == "aws"
    assert verdict(lambda: IdentityChain(users=users, instances=Source("aws", NO)).authenticate(document)) == NO
    assert verdict(lambda: IdentityChain(instances=Source("aws", YES)).authenticate(Password("alice", "x"))) == NO


def test_documents_of_instances_are_worth_nothing_where_they_are_not_configured() -> None:
    document = Password("instance-identity-document", "MIAG...")
    assert verdict(lambda: IdentityChain(tokens=[Source("tokens", YES)]).authenticate(document)) == NO
    assert verdict(lambda: IdentityChain(users=Source("users", YES)).authenticate(document)) == NO


def test_whoever_shows_nothing_is_nobody() -> None:
    assert IdentityChain().nobody.realm == "anonymous"


def test_a_team_file_knows_its_members(tmp_path: Path) -> None:
    path = tmp_path / "teams.json"
    path.write_text('{"myteam": ["alice"], "empty": []}')
    teams = TeamFile.read(path)
    assert teams.has_member("myteam", Caller("alice"))
    assert not teams.has_member("myteam", Caller("bob"))
    assert not teams.has_member("empty", Caller("alice"))
    assert not teams.has_member("unknown", Caller("alice"))


@pytest.mark.parametrize("text", ["[]", '{"myteam": "alice"}', '{"myteam": [5]}', "{", '{"myteam": {"alice": true}}'])
def test_a_team_file_of_another_form_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "teams.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"teams\.json"):
        TeamFile.read(path)
