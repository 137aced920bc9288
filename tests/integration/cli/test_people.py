"""People log in with a browser, here or elsewhere: a real authorization server, and a registry that believes it."""

import json
import re
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.people import RESOURCE, Person, login_server
from tests.integration.cli.pushers import skopeo_pusher
from tests.integration.clients.images import write_image
from tests.integration.server import Server

from pierone_cli.configuration import Configuration
from pierone_cli.tokens.authorization_server import AuthorizationServer
from pierone_cli.tokens.browser import log_in_with_a_browser
from pierone_cli.tokens.kept import Kept, KeptCredentials
from pierone_cli.web import Web

# Shorter than what the client wants a token to last: it is renewed each time.
SHORT, LONG = 30, 600


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Where people log in."""
    with login_server(LONG) as running:
        yield running


@pytest.fixture(scope="module")
def short_issuer() -> Iterator[str]:
    """Where tokens do not last."""
    with login_server(SHORT) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A registry that takes the tokens of `issuer`."""
    settings = {
        "NO_PROXY": "127.0.0.1",
        "PIERONE_JWT_ISSUER": issuer,
        "PIERONE_JWT_JWKS_URL": f"{issuer}/jwks",
        "PIERONE_JWT_AUDIENCE": RESOURCE,
        "PIERONE_TEAMS_CLAIM": "groups",
        "PIERONE_SOURCE_CONNECT_TIMEOUT": "5",
        "PIERONE_SOURCE_READ_TIMEOUT": "5",
    }
    with Server(tmp_path_factory.mktemp("people") / "data", env=settings) as running:
        yield running


@pytest.fixture
def person(bare_home: Home, issuer: str, guarded: Server) -> Home:
    """The home of somebody who may log in, without a display."""
    bare_home.variables |= {
        "PIERONE_URL": guarded.url,
        "PIERONE_OAUTH2_ISSUER": issuer,
        "PIERONE_OAUTH2_RESOURCE": RESOURCE,
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
        "BROWSER": "",
    }
    return bare_home


def printed_url(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://\S+", line):
            return found.group()
    raise AssertionError("no URL was printed")


def log_in(home: Home, *options: str, **variables: str) -> str:
    """Log in as a person does; what the program says at its end."""
    with home.started(["pierone", "login", *options], variables) as process:
        Person().visit(printed_url(process))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    return err


def test_a_person_logs_in_with_a_browser_here(person: Home, guarded: Server) -> None:
    assert "Authentication configured for" in log_in(person, BROWSER="true")
    assert stat.S_IMODE(person.tokens.stat().st_mode) == 0o600
    assert person.read_docker_config()["credHelpers"] == {guarded.host: "pierone"}
    assert person.pierone("whoami", "-o", "json").json[0] | {"registry": ""} == {
        "user": "alice",
        "registry": "",
        "token_of": "pierone login",
    }


def test_a_person_logs_in_with_a_browser_elsewhere_and_pushes(person: Home, guarded: Server, tmp_path: Path) -> None:
    log_in(person)
    reference = f"{guarded.host}/myteam/device:1.0"
    image = write_image(tmp_path / "image", reference)
    skopeo_pusher(person).push(image, reference)
    assert person.pierone("resolve", reference).out == f"{image.digest}\n"


def test_who_is_logged_in_is_not_asked_again(person: Home) -> None:
    log_in(person, BROWSER="true")
    again = person.pierone("login")
    assert again.code == 0
    assert "http://" not in again.err.splitlines()[0]


def test_a_refused_login_is_one_line(person: Home) -> None:
    with person.started(["pierone", "login"], {"BROWSER": "true"}) as process:
        Person(refuses=True).visit(printed_url(process))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "the login failed: " in err
    assert not person.tokens.exists()


def test_tokens_are_renewed_also_by_many_at_once(bare_home: Home, short_issuer: str) -> None:
    configuration = Configuration(oauth2_issuer=short_issuer, oauth2_resource=RESOURCE)
    with Web() as web:
        visit = Person().visit
        kept = log_in_with_a_browser(
            AuthorizationServer(configuration, web), lambda url: threading.Thread(target=visit, args=[url]).start()
        )
    file = KeptCredentials(bare_home.tokens)
    file.keep("registry.example.org", kept)

    command = ["docker-credential-pierone", "get"]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: bare_home.spawn(command, "registry.example.org"), range(3)))
    assert [each.code for each in done] == [0] * 3, done
    assert len({each.json["Secret"] for each in done} | {kept.secret}) == 4
    assert all(each.json["Secret"].count(".") == 2 for each in done)  # still a JWT for the registry
    renewed = file.get("registry.example.org")
    assert renewed is not None
    assert renewed.refresh_token != kept.refresh_token


def test_a_login_that_the_registry_refuses_is_not_kept_and_can_be_repeated(
    person: Home, guarded: Server, short_issuer: str
) -> None:
    with person.started(["pierone", "login"], {"BROWSER": "true", "PIERONE_OAUTH2_ISSUER": short_issuer}) as process:
        Person().visit(printed_url(process))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"{guarded.host} does not take the token of pierone login" in err
    assert not person.tokens.exists()
    KeptCredentials(person.tokens).keep(guarded.host, Kept(secret="no longer valid"))
    log_in(person, BROWSER="true")
    assert person.pierone("whoami").code == 0


def test_a_login_that_has_ended_says_so(person: Home, guarded: Server) -> None:
    log_in(person, BROWSER="true")
    kept = json.loads(person.tokens.read_text())
    kept[guarded.host] |= {"expires_at": 1.0, "refresh_token": "no longer known"}
    person.tokens.write_text(json.dumps(kept))
    for done in (person.pierone("teams"), person.pierone("resolve", "myteam/a:1")):
        assert (done.code, done.out) == (1, "")
        assert done.err == "Error: your login has ended; run `pierone login`\n"
    helper = person.helper("get", guarded.host)
    assert (helper.code, helper.out) == (1, "your login has ended; run `pierone login`\n")


def test_a_token_that_still_lasts_is_used_while_the_server_does_not_answer(person: Home, guarded: Server) -> None:
    log_in(person, BROWSER="true")
    kept = json.loads(person.tokens.read_text())
    secret = kept[guarded.host]["secret"]
    kept[guarded.host] |= {"expires_at": 4e9, "token_endpoint": "http://127.0.0.1:9/token"}
    person.tokens.write_text(json.dumps(kept))
    assert person.helper("get", guarded.host).json["Secret"] == secret


def test_an_issuer_that_is_none_is_one_line(person: Home, guarded: Server) -> None:
    done = person.pierone("login", PIERONE_OAUTH2_ISSUER=guarded.url)
    assert done.code == 1
    assert f"{guarded.url} is no authorization server; check PIERONE_OAUTH2_ISSUER" in done.err
