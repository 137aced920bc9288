"""`docs/operators/identity.md`: its settings are taken as they stand, its refusals are those that are made."""

import re
from pathlib import Path

import pytest

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import SERVICES, Caller
from pierone_core.directories import NoTeams
from pierone_core.errors import Denied
from pierone_core.ports import Application
from pierone_core.values import Repository
from pierone_http.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/operators/identity.md").read_text()
SETUPS = re.findall(r"^## (.*?)\n.*?^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("title", "block"), SETUPS, ids=[title for title, _ in SETUPS])
def test_the_settings_of_a_setup_are_taken_and_close_the_registry(
    monkeypatch: pytest.MonkeyPatch, title: str, block: str
) -> None:
    for line in block.splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)
    settings = Settings(host="0.0.0.0")  # noqa: S104 - nothing is served
    assert settings.knows_callers, title
    assert not settings.is_open_to_others


class OneApplication:
    """A directory in which every service user is an application of myteam."""

    def application_of(self, caller: Caller) -> Application:  # noqa: ARG002 - whoever asks
        return Application("myteam", active=True)


@pytest.mark.parametrize(
    "caller",
    [
        Caller("alice"),
        Caller("stups_myapp", realm=SERVICES),
        Caller("stups_myapp", realm=SERVICES, scopes=frozenset({"application.write"})),
    ],
    ids=["no member", "no scope", "another team's application"],
)
def test_a_refusal_on_the_page_is_the_one_that_is_made(caller: Caller) -> None:
    policy = AccessPolicy(NoTeams(), OneApplication())
    with pytest.raises(Denied) as refusal:
        policy.check_push(caller, Repository.parse("otherteam/app"))
    assert f"\n    {refusal.value.message}\n" in PAGE
