"""The two ways to log in with a browser, with an authorization server that answers as a test says."""

import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from tests.integration.cli.conftest import Stand
from tests.integration.cli.issuer import TOKENS, Issuer
from tests.integration.identity.stand_in import Reply

from pierone_cli.configuration import Configuration
from pierone_cli.errors import ClientError
from pierone_cli.tokens.authorization_server import AuthorizationServer
from pierone_cli.tokens.browser import challenge, log_in_with_a_browser
from pierone_cli.tokens.device import log_in_on_a_device
from pierone_cli.web import Web


@pytest.fixture
def issuer(stand: Stand) -> Issuer:
    return Issuer(stand)


@pytest.fixture
def server(issuer: Issuer) -> Iterator[AuthorizationServer]:
    configuration = Configuration(oauth2_issuer=issuer.running.url, oauth2_client_id="cli", oauth2_resource="urn:r")
    with Web() as web:
        yield AuthorizationServer(configuration, web)


def no(code: str) -> Reply:
    return Reply(400, {"error": code})


def test_the_device_is_patient_as_the_server_tells_it(server: AuthorizationServer, issuer: Issuer) -> None:
    issuer.replies = [no("authorization_pending"), no("slow_down"), no("authorization_pending"), Reply(body=TOKENS)]
    pauses: list[float] = []
    kept = log_in_on_a_device(server, pauses.append)
    assert pauses == [5.0, 5.0, 10.0, 10.0]
    assert (kept.secret, kept.refresh_token, kept.client_id) == ("t0ken", "r3fresh", "cli")
    assert issuer.form(0) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "d3vice",
        "client_id": "cli",
        "resource": "urn:r",
    }


def test_the_server_may_name_the_pause(server: AuthorizationServer, issuer: Issuer) -> None:
    issuer.started["interval"] = 2
    issuer.replies = [Reply(body=TOKENS)]
    pauses: list[float] = []
    log_in_on_a_device(server, pauses.append)
    assert pauses == [2.0]


def test_the_person_sees_address_and_code_on_standard_error(
    server: AuthorizationServer, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer.replies = [Reply(body=TOKENS)]
    log_in_on_a_device(server, lambda _: None)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "https://login.example.org/device" in shown.err
    assert "ABCD" in shown.err


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (no("access_denied"), "the login was refused in the browser"),
        (no("expired_token"), "the code is no longer valid"),
        (no("invalid_client"), "refuses: invalid_client (status 400)"),
        (Reply(body={}), "answers without an access_token"),
    ],
)
def test_a_device_is_told_why_it_gets_no_token(
    server: AuthorizationServer, issuer: Issuer, reply: Reply, sentence: str
) -> None:
    issuer.replies = [reply]
    with pytest.raises(ClientError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        log_in_on_a_device(server, lambda _: None)


def test_a_code_that_nobody_enters_ends(server: AuthorizationServer, issuer: Issuer) -> None:
    issuer.started["expires_in"] = 0
    with pytest.raises(ClientError, match="nobody logged in in time"):
        log_in_on_a_device(server, lambda _: None)


def browser(*visits: Callable[[dict[str, str]], dict[str, str]]) -> Callable[[str], object]:
    """Come back to where the login page would send a browser, with what each of `visits` makes of its parameters."""

    def come_back(url: str) -> None:
        query = dict(parse_qsl(urlsplit(url).query))
        with httpx2.Client(trust_env=False, verify=False) as client:
            for visit in visits:
                client.get(f"{query['redirect_uri']}?{urlencode(visit(query))}")

    return lambda url: threading.Thread(target=come_back, args=[url]).start()


def test_the_code_is_exchanged_with_the_verifier_of_the_challenge(server: AuthorizationServer, issuer: Issuer) -> None:
    issuer.replies = [Reply(body=TOKENS)]
    seen: dict[str, str] = {}

    def answer(query: dict[str, str]) -> dict[str, str]:
        seen.update(query)
        return {"code": "c0de", "state": query["state"], "iss": issuer.running.url}

    assert log_in_with_a_browser(server, browser(answer)).secret == "t0ken"
    form = issuer.form(0)
    assert challenge(form["code_verifier"]) == seen["code_challenge"]
    assert (seen["response_type"], seen["code_challenge_method"]) == ("code", "S256")
    assert (form["grant_type"], form["code"]) == ("authorization_code", "c0de")
    assert form["redirect_uri"] == seen["redirect_uri"]
    assert urlsplit(form["redirect_uri"]).hostname == "127.0.0.1"


def test_the_challenge_of_the_specification() -> None:
    # RFC 7636 appendix B.
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_an_answer_without_our_state_is_passed_over(server: AuthorizationServer, issuer: Issuer) -> None:
    issuer.replies = [Reply(body=TOKENS)]
    foreign, stateless = {"code": "stolen", "state": "guessed"}, {"code": "stolen"}
    visits = [lambda _: foreign, lambda _: stateless, lambda query: {"code": "c0de", "state": query["state"]}]
    log_in_with_a_browser(server, browser(*visits))
    assert issuer.form(0)["code"] == "c0de"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"code": "c0de", "iss": "https://attacker.example.org"}, "from another authorization server"),
        ({"error": "access_denied", "error_description": "not\ntoday"}, "the login failed: not today"),
        ({"error": "access_denied"}, "the login failed: access_denied"),
        ({}, "the login failed: no code came back"),
    ],
)
def test_a_login_that_fails_says_why(server: AuthorizationServer, answer: dict[str, str], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        log_in_with_a_browser(server, browser(lambda query: answer | {"state": query["state"]}))


ESCAPE = "\x1b]0;mine\x07\x1b[2J"


def test_what_comes_back_cannot_move_the_cursor(server: AuthorizationServer) -> None:
    answer = {"error": "a", "error_description": ESCAPE}
    with pytest.raises(ClientError) as failed:
        log_in_with_a_browser(server, browser(lambda query: answer | {"state": query["state"]}))
    assert "the login failed: �]0;mine��[2J; run" in failed.value.format_message()


def test_a_code_to_enter_cannot_move_the_cursor(
    server: AuthorizationServer, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer.started |= {"user_code": ESCAPE, "verification_uri": ESCAPE}
    issuer.replies = [Reply(body=TOKENS)]
    log_in_on_a_device(server, lambda _: None)
    shown = capsys.readouterr().err
    assert shown.count("�]0;mine��[2J") == 2
    assert "\x1b" not in shown


def test_a_browser_that_does_not_come_back_is_waited_for_no_longer_than_said(server: AuthorizationServer) -> None:
    with pytest.raises(ClientError, match="nobody logged in in time"):
        log_in_with_a_browser(server, lambda _: None, patience=0.1)
