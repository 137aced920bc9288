"""Values of the settings of identity: which can be, which cannot, and the one that is never shown."""

import pytest
from pydantic import ValidationError
from tests.integration.identity.settings import INTROSPECTION, SECRET, URL, settings

from pierone_http.__main__ import main
from pierone_http.settings import Settings

NO_HOSTS = [
    "host:abc",
    "host:99999",
    "host:0",
    "a..b",
    "...",
    "exa mple",
    ".a",
    "-a",
    "a-",
    "[::1",
    "[x]",
    "a\n",
    "b\u00fc",
    "a" * 64,
]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tokeninfo_url", "ftp://iam.example.org"),
        ("tokeninfo_url", "iam.example.org/tokeninfo"),
        ("tokeninfo_url", "https://user:hidden@iam.example.org"),
        ("tokeninfo_url", "https://iam.example.org/#x"),
        *(("tokeninfo_url", f"http://{host}/") for host in NO_HOSTS),
        ("jwt_algorithms", ["HS256"]),
        ("jwt_algorithms", ["none"]),
        ("jwt_algorithms", []),
        ("jwt_types", []),
        ("user_claims", []),
        ("team_service_api", "graphql"),
        ("source_read_timeout", 0),
        ("introspection_client_secret", ""),
    ],
)
def test_a_value_that_cannot_be_is_refused_without_repeating_it(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name) as error:
        settings(**{name: value})
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize(
    "host",
    ["iam", "iam.example.org:8443", "iam.example.org.", "my_iam", "10.0.0.1:80", "[::1]:8080", "xn--bcher-kva.example"],
)
def test_an_address_of_any_host_that_there_can_be_is_taken(host: str) -> None:
    assert settings(tokeninfo_url=f"https://{host}/x?realm=/y").tokeninfo_url == f"https://{host}/x?realm=/y"


def test_the_secret_is_in_no_representation_and_no_error() -> None:
    told = repr(settings(**INTROSPECTION)) + str(settings(**INTROSPECTION))
    with pytest.raises(ValidationError) as error:
        settings(introspection_client_secret=SECRET, introspection_client_id="pierone")
    assert "client_secret" in told
    assert SECRET not in told + str(error.value) + repr(error.value)


def test_the_secret_is_not_in_the_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIERONE_INTROSPECTION_CLIENT_SECRET", SECRET)
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    shown = capsys.readouterr().out
    assert "PIERONE_INTROSPECTION_CLIENT_SECRET" in shown
    assert SECRET not in shown


def test_environment_variables_set_lists_and_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIERONE_USER_CLAIMS", '["preferred_username"]')
    monkeypatch.setenv("PIERONE_JWT_TYPES", '["JWT"]')
    monkeypatch.setenv("PIERONE_TOKENINFO_URL", URL)
    assert (Settings().user_claims, Settings().jwt_types) == (["preferred_username"], ["JWT"])
