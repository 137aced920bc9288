"""`docker-credential-pierone` by the protocol of docker-credential-helpers."""

import json

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.conftest import Stand
from tests.integration.identity.stand_in import Reply, StandIn, reply_always

NOT_FOUND = "credentials not found in native keychain\n"


@pytest.fixture
def host(home: Home, registry: StandIn) -> str:
    """The registry, after a login."""
    assert home.pierone("login").code == 0
    return registry.host


def test_get_answers_with_the_server_as_it_was_asked(home: Home, host: str) -> None:
    for server_url in (host, f"https://{host}", f"https://{host}/v1/"):
        done = home.helper("get", f"{server_url}\n")
        assert (done.code, done.err) == (0, "")
        assert done.json == {"ServerURL": server_url, "Username": "oauth2", "Secret": "t0ken"}


def test_get_gives_nothing_for_a_registry_that_nobody_logged_in_to(home: Home, host: str) -> None:
    for other in ("registry.example.org", "https://index.docker.io/v1/", host.partition(":")[0]):
        done = home.helper("get", other)
        assert (done.code, done.out, done.err) == (1, NOT_FOUND, "")


@pytest.mark.usefixtures("host")
def test_get_without_a_server_is_an_error(home: Home) -> None:
    for action in ("get", "erase"):
        done = home.helper(action)
        assert (done.code, done.out, done.err) == (1, "no credentials server URL\n", "")


def test_get_without_a_token_is_what_clients_take_for_nobody(home: Home, host: str) -> None:
    done = home.helper("get", host, OAUTH2_ACCESS_TOKENS="")
    assert (done.code, done.out, done.err) == (1, NOT_FOUND, "")


def test_a_token_service_that_fails_is_an_error_on_standard_output(home: Home, host: str, stand: Stand) -> None:
    service = stand(reply_always(Reply(500, {"error": "broken"})))
    (home.path / "client.json").write_text('{"client_id": "a", "client_secret": "b"}')
    variables = {"OAUTH2_ACCESS_TOKEN_URL": service.url, "CREDENTIALS_DIR": str(home.path)}
    done = home.helper("get", host, OAUTH2_ACCESS_TOKENS="", **variables)
    assert (done.code, done.err) == (1, "")
    assert "gives no token: broken (status 500)" in done.out


def test_what_is_stored_can_be_got_listed_and_erased(home: Home, host: str) -> None:
    home.variables["OAUTH2_ACCESS_TOKENS"] = ""
    stored = {"ServerURL": f"https://{host}", "Username": "carol", "Secret": "secret of carol"}
    done = home.helper("store", json.dumps(stored))
    assert (done.code, done.out, done.err) == (0, "", "")
    assert home.helper("get", host).json == stored | {"ServerURL": host}
    assert home.helper("list").json == {host: "carol"}
    assert home.helper("erase", f"https://{host}\n").code == 0
    assert home.helper("get", host).out == NOT_FOUND
    assert (home.path / ".local/state/pierone/registries.json").read_text() == "{}\n"


def test_erasing_what_is_not_there_is_no_error(home: Home, host: str) -> None:
    assert (home.helper("erase", host).code, home.helper("erase", "other").code) == (0, 0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("{", "standard input must be a JSON object with ServerURL, Username and Secret"),
        ("[]", "standard input must be a JSON object with ServerURL, Username and Secret"),
        ('{"Username": "a", "Secret": "b"}', "no credentials server URL"),
        ('{"ServerURL": "a", "Secret": "b"}', "no credentials username"),
    ],
)
def test_what_cannot_be_stored_is_an_error(bare_home: Home, given: str, sentence: str) -> None:
    done = bare_home.helper("store", given)
    assert (done.code, done.out, done.err) == (1, f"{sentence}\n", "")
    assert not bare_home.tokens.exists()


def test_list_has_every_registry_with_its_user(home: Home, host: str, bare_home: Home) -> None:
    bare_home.helper("store", json.dumps({"ServerURL": "b.example.org:5000", "Username": "x", "Secret": "y"}))
    assert home.helper("list", "unused").json == {host: "oauth2", "b.example.org:5000": "x"}


@pytest.mark.parametrize(
    "entry",
    [{"secret": None}, {"secret": 1}, {"secret": "a", "expires_at": "soon"}, {"secret": "a", "foreign": ""}, {}],
)
def test_a_damaged_file_of_tokens_is_an_error_and_no_credential(home: Home, host: str, entry: object) -> None:
    home.tokens.write_text(json.dumps({host: entry}))
    done = home.helper("get", host, OAUTH2_ACCESS_TOKENS="")
    assert (done.code, done.err) == (1, "")
    assert done.out == "the file of kept tokens is damaged, or of another version; log in again\n"


@pytest.mark.parametrize("action", ["version", "-v", "--version"])
def test_version_is_printed(bare_home: Home, action: str) -> None:
    done = bare_home.helper(action)
    assert done.code == 0
    assert done.out.startswith("docker-credential-pierone (pierone) 0.")


@pytest.mark.parametrize("action", ["-h", "--help"])
def test_help_is_printed(bare_home: Home, action: str) -> None:
    done = bare_home.helper(action)
    assert (done.code, done.out) == (0, "Usage: docker-credential-pierone <store|get|erase|list|version>\n")


def test_an_unknown_action_is_an_error(bare_home: Home) -> None:
    done = bare_home.helper("steal")
    assert (done.code, done.out, done.err) == (1, "docker-credential-pierone: unknown action: steal\n", "")


@pytest.mark.parametrize("arguments", [[], ["get", "more"]])
def test_a_wrong_number_of_arguments_prints_the_usage(bare_home: Home, arguments: list[str]) -> None:
    done = bare_home.run(["docker-credential-pierone", *arguments])
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("Usage: ")
