"""`pierone login`: what it writes, and what it leaves alone."""

import base64
import json
import stat
from pathlib import Path

import pytest
from tests.integration.cli.command import PROGRAMS, Home
from tests.integration.cli.pier_one import PierOne
from tests.integration.identity.stand_in import StandIn

FOREIGN = {
    "HttpHeaders": {"X-Meta": "1"},
    "auths": {"other.example.org": {"auth": "eDp5"}},
    "credsStore": "secretservice",
}


def write_docker_config(home: Home, content: object) -> None:
    home.docker_config.parent.mkdir(exist_ok=True)
    home.docker_config.write_text(json.dumps(content))


def encoded(token: str) -> str:
    return base64.b64encode(f"oauth2:{token}".encode()).decode()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_login_says_what_it_did(home: Home, registry: StandIn) -> None:
    done = home.pierone("login")
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        f"Storing Docker client configuration in {home.docker_config}.. OK\n"
        f"Authentication configured for {registry.url}, you don't need to run pierone login anymore!\n"
    )


def test_login_names_the_helper_for_host_and_port_and_keeps_every_other_key(home: Home, registry: StandIn) -> None:
    own = {f"https://{registry.host}": {"auth": "b2xk"}, f"https://{registry.host}/v1/": {"auth": "b2xkZXI="}}
    write_docker_config(home, FOREIGN | {"auths": {**FOREIGN["auths"], **own}, "credHelpers": {"a": "b"}})  # type: ignore[dict-item]
    assert home.pierone("login").code == 0
    assert home.read_docker_config() == FOREIGN | {"credHelpers": {"a": "b", registry.host: "pierone"}}


def test_login_writes_no_token_where_the_helper_gives_it(home: Home) -> None:
    home.pierone("login")
    assert "t0ken" not in home.docker_config.read_text()
    assert not home.tokens.exists()


def test_plain_login_writes_the_token_for_nobody_else_to_read(home: Home, registry: StandIn) -> None:
    write_docker_config(home, {"HttpHeaders": {}, "credHelpers": {registry.host: "pierone", "a": "b"}})
    home.docker_config.chmod(0o644)
    assert home.pierone("login", "--plain").code == 0
    assert home.read_docker_config() == {
        "HttpHeaders": {},
        "credHelpers": {"a": "b"},
        "auths": {registry.host: {"auth": encoded("t0ken")}},
    }
    assert mode(home.docker_config) == 0o600


def test_plain_login_keeps_docker_from_asking_a_store_of_everything(home: Home, registry: StandIn) -> None:
    write_docker_config(home, FOREIGN)
    assert home.pierone("login", "--plain").code == 0
    assert home.read_docker_config()["credHelpers"] == {registry.host: ""}


@pytest.mark.parametrize("token", ["12377", "tok123", "x" * 200])
def test_a_token_is_written_on_one_line(home: Home, pier_one: PierOne, registry: StandIn, token: str) -> None:
    pier_one.is_open = True
    home.pierone("login", "--plain", OAUTH2_ACCESS_TOKENS=f"pierone={token}")
    assert home.read_docker_config()["auths"][registry.host]["auth"] == encoded(token)


def test_docker_config_names_another_directory(home: Home, tmp_path: Path) -> None:
    home.pierone("login", DOCKER_CONFIG=str(tmp_path / "elsewhere/deep"))
    assert (tmp_path / "elsewhere/deep/config.json").is_file()
    assert not home.docker_config.exists()


def test_a_symbolic_link_stays_one_and_the_mode_stays_as_it_was(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    home.docker_config.parent.mkdir()
    home.docker_config.symlink_to(real)
    home.pierone("login")
    assert home.docker_config.is_symlink()
    assert "credHelpers" in real.read_text()
    assert mode(real) == 0o640


@pytest.mark.parametrize("content", ["{", "[]", '{"credHelpers": []}', '{"auths": 1}'])
def test_a_damaged_file_is_left_as_it_is(home: Home, content: str) -> None:
    home.docker_config.parent.mkdir()
    home.docker_config.write_text(content)
    done = home.pierone("login")
    assert done.code == 1
    assert str(home.docker_config) in done.err
    assert home.docker_config.read_text() == content


def test_a_token_that_the_registry_refuses_is_not_configured(home: Home) -> None:
    done = home.pierone("login", "--token", "wrong", OAUTH2_ACCESS_TOKENS="")
    assert done.code == 1
    assert "does not take the token of --token: Unauthorized (status 401)" in done.err
    assert not home.docker_config.exists()
    assert not home.tokens.exists()


def test_a_given_token_is_kept_for_the_helper_with_mode_0600(home: Home, registry: StandIn) -> None:
    assert home.pierone("login", "--token", "-", typed="t0ken\n", OAUTH2_ACCESS_TOKENS="").code == 0
    assert mode(home.tokens) == 0o600
    assert mode(home.tokens.parent) == 0o700
    got = home.helper("get", registry.host, OAUTH2_ACCESS_TOKENS="")
    assert got.json == {"ServerURL": registry.host, "Username": "oauth2", "Secret": "t0ken"}
    assert home.pierone("latest", "myteam", "myapp", OAUTH2_ACCESS_TOKENS="").out == "1.1\n"


@pytest.mark.parametrize("option", [["--token", "t0ken"], ["--device"]])
def test_a_login_that_the_helper_would_not_use_is_refused(home: Home, option: list[str]) -> None:
    done = home.pierone("login", *option, OAUTH2_ACCESS_TOKENS="pierone=of another")
    assert done.code == 1
    assert "clients would get the token of OAUTH2_ACCESS_TOKENS, which wins over a login" in done.err
    assert not home.docker_config.exists()
    assert not home.tokens.exists()


def test_a_given_token_can_be_written_where_the_environment_has_another(home: Home, registry: StandIn) -> None:
    done = home.pierone("login", "--plain", "--token", "t0ken", OAUTH2_ACCESS_TOKENS="pierone=of another")
    assert done.code == 0
    assert home.read_docker_config()["auths"] == {registry.host: {"auth": encoded("t0ken")}}


def test_a_registry_that_lets_everybody_in_needs_no_login(home: Home, pier_one: PierOne) -> None:
    pier_one.is_open = True
    done = home.pierone("login", OAUTH2_ACCESS_TOKENS="")
    assert done.code == 0
    assert "lets everybody in" in done.err
    assert not home.docker_config.exists()
    assert home.pierone("latest", "myteam", "myapp", OAUTH2_ACCESS_TOKENS="", PIERONE_URL="").out == "1.1\n"


def test_without_any_token_the_error_names_the_ways_to_get_one(home: Home) -> None:
    done = home.pierone("login", OAUTH2_ACCESS_TOKENS="")
    assert done.code == 1
    assert "no token for 127.0.0.1:" in done.err
    for way in ("--token", "OAUTH2_ACCESS_TOKEN_URL", "CREDENTIALS_DIR", "PIERONE_OAUTH2_ISSUER"):
        assert way in done.err


def test_without_the_helper_on_the_path_login_says_so_and_plain_login_works(home: Home) -> None:
    path = home.environment["PATH"].replace(f"{PROGRAMS}:", "")
    done = home.pierone("login", PATH=path)
    assert done.code == 1
    assert "docker-credential-pierone is not on your PATH" in done.err
    assert not home.docker_config.exists()
    assert home.pierone("login", "--plain", PATH=path).code == 0
