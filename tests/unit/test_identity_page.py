"""`docs/operators/identity.md`: its settings are taken as they stand, its refusals are those that are made."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pierone_adapters.oauth import ClaimNames
from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import EMPLOYEES, SERVICES, BearerToken, Caller
from pierone_core.directories import NoApplications, NoTeams
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


def named(title: str) -> ClaimNames:
    """How callers are read with the settings of a setup."""
    block = next(block for name, block in SETUPS if name.startswith(title))
    given = dict(line.split("=", 1) for line in block.splitlines())
    prefix = given["PIERONE_TEAMS_CLAIM_PREFIX"]
    return ClaimNames(json.loads(given["PIERONE_USER_CLAIMS"]), "realm", given["PIERONE_TEAMS_CLAIM"], prefix)


KEYCLOAK = {
    "iss": "https://login.example.org/realms/company",
    "aud": ["pierone", "account"],
    "typ": "Bearer",
    "scope": "openid profile",
    "exp": 4_000_000_000,
}
PERSON = KEYCLOAK | {
    "sub": "5f0c9f6e-1111-4c8c-9a3b-0123456789ab",
    "azp": "docker-cli",
    "preferred_username": "alice",
    "groups": ["/teams/myteam", "/guests"],
}
SERVICE_ACCOUNT = KEYCLOAK | {
    "sub": "77777777-1111-4c8c-9a3b-0123456789ab",
    "azp": "ci",
    "client_id": "ci",
    "preferred_username": "service-account-ci",
    "realm": "services",  # the mapper that the page asks for
    "scope": "application.write_all",
}


def test_with_the_openid_connect_setup_a_person_of_keycloak_is_a_member_by_name() -> None:
    alice = named("OpenID").caller(PERSON, BearerToken("t"))
    assert (alice.name, alice.realm, alice.teams) == ("alice", EMPLOYEES, frozenset({"myteam"}))


def test_with_the_openid_connect_setup_a_service_account_of_keycloak_is_a_service() -> None:
    robot = named("OpenID").caller(SERVICE_ACCOUNT | {"groups": ["/teams/myteam"]}, BearerToken("t"))
    assert (robot.name, robot.realm) == ("service-account-ci", SERVICES)
    policy = AccessPolicy(NoTeams(), NoApplications())
    policy.check_push(robot, Repository.parse("myteam/app"))
    with pytest.raises(Denied, match="has neither scope"):
        policy.check_push(replace(robot, scopes=frozenset()), Repository.parse("myteam/app"))


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
