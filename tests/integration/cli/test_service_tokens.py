"""Tokens of service users, from the variables and files that STUPS gives to applications."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.integration.cli.command import Done, Home
from tests.integration.cli.conftest import Stand
from tests.integration.identity.stand_in import Asked, Reply, StandIn, reply_always

USER = {"application_username": "stups_myapp", "application_password": "s+cret of user"}
CLIENT = {"client_id": "id+1", "client_secret": "s+cret of client"}
TOKENS = Reply(body={"access_token": "t0ken", "expires_in": 3600, "token_type": "Bearer"})


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    directory = tmp_path / "meta/credentials"
    directory.mkdir(parents=True)
    (directory / "user.json").write_text(json.dumps(USER))
    (directory / "client.json").write_text(json.dumps(CLIENT))
    return directory


@pytest.fixture
def endpoint(stand: Stand) -> StandIn:
    return stand(reply_always(TOKENS))


@pytest.fixture
def service(home: Home, endpoint: StandIn, credentials: Path) -> Home:
    """A home that is told where tokens are, and has none."""
    home.variables |= {
        "OAUTH2_ACCESS_TOKENS": "",
        "OAUTH2_ACCESS_TOKEN_URL": f"{endpoint.url}/oauth2/access_token?realm=/services",
        "CREDENTIALS_DIR": str(credentials),
    }
    return home


def latest(home: Home, **variables: str) -> Done:
    return home.pierone("latest", "myteam", "myapp", **variables)


def form(asked: Asked) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(asked.body.decode()).items()}


def test_the_password_grant_is_what_stups_asks_for(service: Home, endpoint: StandIn) -> None:
    assert latest(service).out == "1.1\n"
    [asked] = endpoint.asked
    assert asked.target == "/oauth2/access_token?realm=/services"
    assert form(asked) == {
        "grant_type": "password",
        "username": "stups_myapp",
        "password": "s+cret of user",
        "scope": "uid",
    }
    basic = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode()
    assert basic == "id%2B1:s%2Bcret+of+client"


def test_a_push_needs_the_scope_application_write(service: Home, endpoint: StandIn, registry: StandIn) -> None:
    assert service.pierone("login").code == 0
    assert service.helper("get", registry.host).json["Secret"] == "t0ken"
    assert [form(asked)["scope"] for asked in endpoint.asked] == ["uid application.write"] * 2


def test_without_a_user_the_client_asks_for_itself(service: Home, endpoint: StandIn, credentials: Path) -> None:
    (credentials / "user.json").unlink()
    assert latest(service).out == "1.1\n"
    assert form(endpoint.asked[0]) == {"grant_type": "client_credentials", "scope": "uid"}


def test_the_older_name_of_the_variable_is_understood(service: Home, endpoint: StandIn) -> None:
    assert latest(service, OAUTH2_ACCESS_TOKEN_URL="", OAUTH_ACCESS_TOKEN_URL=endpoint.url).out == "1.1\n"


def test_a_token_in_a_file_needs_no_endpoint(service: Home, endpoint: StandIn, credentials: Path) -> None:
    (credentials / "pierone-token-secret").write_text("t0ken\n")
    assert latest(service).out == "1.1\n"
    assert latest(service, OAUTH2_ACCESS_TOKEN_URL="").out == "1.1\n"
    assert endpoint.asked == []


def test_a_fixed_token_wins_over_files_and_endpoint(service: Home, endpoint: StandIn, credentials: Path) -> None:
    (credentials / "pierone-token-secret").write_text("of another\n")
    assert latest(service, OAUTH2_ACCESS_TOKENS="a=b,pierone=t0ken").out == "1.1\n"
    assert endpoint.asked == []


def test_what_the_environment_says_wins_over_an_earlier_login(service: Home, credentials: Path) -> None:
    assert service.pierone("login", "--token", "t0ken", CREDENTIALS_DIR="").code == 0
    (credentials / "pierone-token-secret").write_text("of another\n")
    assert latest(service).code == 1
    assert latest(service, CREDENTIALS_DIR="", OAUTH2_ACCESS_TOKEN_URL="").out == "1.1\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("user.json", "{}", "user.json must be a JSON object with application_username and application_password"),
        ("client.json", "[1]", "client.json must be a JSON object with client_id and client_secret"),
        ("client.json", "{", "client.json must be a JSON object with client_id and client_secret"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named(
    service: Home, credentials: Path, name: str, content: str, sentence: str
) -> None:
    (credentials / name).write_text(content)
    done = latest(service)
    assert done.code == 1
    assert sentence in done.err
    assert done.err.count("\n") == 1


def test_an_endpoint_that_is_not_there_is_named_without_its_query(service: Home) -> None:
    done = latest(service, OAUTH2_ACCESS_TOKEN_URL="http://127.0.0.1:9/token?key=s3cret")
    assert done.code == 1
    assert "http://127.0.0.1:9/token cannot be reached" in done.err
    assert "s3cret" not in done.err


def test_without_a_directory_of_credentials_no_file_is_read_where_somebody_stands(
    service: Home, endpoint: StandIn, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (credentials / "pierone-token-secret").write_text("of a stranger")
    monkeypatch.chdir(credentials)
    assert service.pierone("login", "--token", "t0ken", CREDENTIALS_DIR="").code == 0
    assert latest(service, CREDENTIALS_DIR="").out == "1.1\n"
    assert endpoint.asked == []


@pytest.mark.parametrize("has_file", [False, True])
def test_a_given_token_is_no_login_where_a_service_user_is_configured(
    service: Home, endpoint: StandIn, credentials: Path, *, has_file: bool
) -> None:
    if has_file:
        (credentials / "pierone-token-secret").write_text("of myapp")
    done = service.pierone("login", "--token", "t0ken")
    source = str(credentials / "pierone-token-secret") if has_file else f"{endpoint.url}/oauth2/access_token,"
    assert done.code == 1
    assert f"clients would get the token of {source}" in done.err
    assert (endpoint.asked, service.docker_config.exists()) == ([], False)


def test_missing_files_are_named(service: Home) -> None:
    done = latest(service, CREDENTIALS_DIR="/nowhere")
    assert done.code == 1
    assert "cannot read /nowhere/client.json" in done.err
    assert "CREDENTIALS_DIR" in done.err


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(400, {"error": "invalid_client", "error_description": "no such client"}), "no such client (status 400)"),
        (Reply(503, b"busy"), "busy (status 503)"),
        (Reply(body={"token_type": "Bearer"}), "answers without an access_token"),
        (Reply(body=b"<html>"), "answers without an access_token"),
    ],
)
def test_an_endpoint_that_gives_no_token_is_one_line_without_secrets(
    service: Home, endpoint: StandIn, reply: Reply, sentence: str
) -> None:
    endpoint.answer = reply_always(reply)
    done = latest(service)
    assert done.code == 1
    assert sentence in done.err
    assert endpoint.url in done.err
    assert "cret" not in done.err
    assert done.err.count("\n") == 1
