"""Which registry is meant after logins where none is named."""

import json

import pytest
from tests.integration.cli.command import Home
from tests.integration.identity.stand_in import StandIn


@pytest.mark.parametrize("option", [[], ["--plain"]])
def test_after_a_login_its_registry_is_meant_where_none_is_named(
    home: Home, registry: StandIn, option: list[str]
) -> None:
    del home.variables["PIERONE_URL"]
    assert home.pierone("login", "--url", registry.url, *option).code == 0
    assert home.pierone("latest", "myteam", "myapp").out == "1.1\n"


def test_the_registry_of_a_login_is_asked_with_the_scheme_that_was_written(home: Home, registry: StandIn) -> None:
    del home.variables["PIERONE_URL"]
    url = registry.url.replace("127.0.0.1", "localhost.localdomain")
    proxy = {"HTTP_PROXY": registry.url, "NO_PROXY": ""}
    for command in (["login", "--plain", "--url", url], ["teams"]):
        assert home.pierone(*command, **proxy).code == 0
    assert registry.asked[-1].target == f"{url}/teams"


def test_of_two_registries_none_is_meant(home: Home) -> None:
    assert home.pierone("login", "--plain").code == 0
    assert home.pierone("login", "--plain", PIERONE_URL="", DOCKER_CONFIG="").code == 0
    file = home.path / ".local/state/pierone/registries.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"other.example.org": "https://other.example.org"}))
    assert "which registry?" in home.pierone("teams", PIERONE_URL="").err


def test_a_login_does_not_need_to_be_remembered(home: Home, registry: StandIn) -> None:
    (home.path / ".local").write_text("a file where a directory should be")
    done = home.pierone("login", "--plain")
    assert done.code == 0
    assert "name the registry with --url or PIERONE_URL in other commands" in done.err
    assert registry.host in home.read_docker_config()["auths"]


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_damaged_file_of_registries_is_as_good_as_none(home: Home, registry: StandIn, content: str) -> None:
    file = home.path / ".local/state/pierone/registries.json"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    assert "which registry?" in home.pierone("teams", PIERONE_URL="").err
    assert home.pierone("login").code == 0
    assert home.pierone("latest", "myteam", "myapp", PIERONE_URL="").out == "1.1\n"
    assert registry.url in file.read_text()
