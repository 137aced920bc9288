"""Settings of identity: what goes together, what opens the registry, what is loaded, and what is never shown."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.integration.identity.settings import INTROSPECTION, JWT, SECRET, TOKENINFO, URL, settings

from pierone_adapters.identity import IdentityChain, OpenIdentity, TeamFile
from pierone_core.caller import BearerToken, Caller
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Unauthorized
from pierone_http.__main__ import main
from pierone_http.container import Container

SOURCES = {"introspection": INTROSPECTION, "JWT": JWT, "tokeninfo": TOKENINFO}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_with_any_source_of_identity_the_server_may_serve_others(source: dict[str, object]) -> None:
    assert settings(host="0.0.0.0").is_open_to_others  # noqa: S104 - the point
    served = settings(host="0.0.0.0", **source)  # noqa: S104
    assert not served.is_open_to_others
    assert isinstance(Container(settings=served).identity(), IdentityChain)


def test_without_any_source_the_registry_is_open_and_knows_no_teams() -> None:
    container = Container(settings=settings())
    assert isinstance(container.identity(), OpenIdentity)
    assert isinstance(container.access().teams, NoTeams)
    assert isinstance(container.access().applications, NoApplications)


@pytest.mark.parametrize(
    ("group", "left_out"),
    [(group, name) for group in (INTROSPECTION, JWT) for name in group],
    ids=lambda v: str(v)[:30],
)
def test_what_goes_together_is_demanded_by_name(group: dict[str, object], left_out: str) -> None:
    with pytest.raises(ValidationError, match=f"missing: PIERONE_{left_out.upper()}"):
        settings(**{name: value for name, value in group.items() if name != left_out})


@pytest.mark.parametrize("name", ["team_service_url", "kio_url"])
def test_what_is_asked_with_tokens_needs_a_source_of_tokens(name: str) -> None:
    with pytest.raises(ValidationError, match=f"PIERONE_{name.upper()} is asked with access tokens"):
        settings(**{name: URL})
    settings(**{name: URL}, **JWT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_read", True),
        ("challenge", "basic"),
        ("teams_file", "teams.json"),
        ("teams_claim", "groups"),
        ("teams_claim_prefix", "/"),
        ("user_claims", ["email"]),
        ("realm_claim", "kind"),
        ("introspection_audience", "pierone"),
        ("service_user_prefix", "stups_"),
    ],
)
def test_rules_about_callers_need_somebody_who_knows_callers(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=f"PIERONE_{name.upper()}: there is no source of identity"):
        settings(**{name: value})
    for source in SOURCES.values():
        settings(**{name: value}, **source)
    settings(**{name: value}, users_file="users.json")


def test_what_is_as_it_comes_may_be_said_in_open_mode() -> None:
    assert not settings(public_read=False, challenge="bearer", trusted_proxies=["10.0.0.0/8"]).knows_callers


def test_an_open_registry_says_so_at_its_start(caplog: pytest.LogCaptureFixture) -> None:
    Container(settings=settings()).identity()
    assert "everybody may push" in caplog.text
    caplog.clear()
    Container(settings=settings(**TOKENINFO)).identity()
    assert caplog.text == ""


def test_teams_come_from_one_place() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        settings(teams_file="teams.json", team_service_url=URL, **JWT)


def test_a_team_file_is_read_at_start(tmp_path: Path) -> None:
    (tmp_path / "teams.json").write_text('{"myteam": ["alice"]}')
    teams = Container(settings=settings(teams_file=tmp_path / "teams.json", **JWT)).access().teams
    assert isinstance(teams, TeamFile)
    assert teams.has_member("myteam", Caller("alice"))


def test_a_server_with_settings_that_do_not_fit_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIERONE_INTROSPECTION_CLIENT_SECRET", SECRET)
    with pytest.raises(SystemExit) as end:
        main(["serve"])
    shown = capsys.readouterr().err
    assert end.value.code == 2
    assert "missing: PIERONE_INTROSPECTION_URL, PIERONE_INTROSPECTION_CLIENT_ID" in shown
    assert SECRET not in shown


def test_a_registry_with_users_only_does_not_load_an_http_client(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{}")
    assert loaded({"users_file": str(tmp_path / "users.json")}) == []
    assert loaded(TOKENINFO) == ["httpx2"]


def loaded(values: Mapping[str, object]) -> list[str]:
    """Which HTTP clients a server with these settings has loaded at start."""
    code = (
        "import json, sys\n"
        "from pierone_http.container import Container\n"
        "from pierone_http.settings import Settings\n"
        "Container(settings=Settings.model_validate(json.loads(sys.argv[1]))).app()\n"
        "print([name for name in ('httpx2', 'requests') if name in sys.modules])"
    )
    arguments = json.dumps({"storage": "memory", **values})
    done = subprocess.run([sys.executable, "-c", code, arguments], check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout.replace("'", '"')))


def test_the_claims_that_the_settings_name_are_the_ones_that_count() -> None:
    identity = Container(settings=settings(user_claims=["email"], teams_claim="groups", **JWT)).identity()
    assert isinstance(identity, IdentityChain)
    with pytest.raises(Unauthorized):
        identity.authenticate(BearerToken("opaque"))
