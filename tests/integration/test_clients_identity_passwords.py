"""Guessing the passwords of a users file over HTTP: slowed down, and no trouble for the user with a real client."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import bcrypt
import httpx2
import pytest
from tests.integration.clients.client import Client, ClientFailed
from tests.integration.clients.images import write_image
from tests.integration.identity_facts import basic, reason_of
from tests.integration.server import Server

from pierone_adapters.identity.guesses import FREE_GUESSES

SENTENCE = "too many wrong passwords were tried for this user name; log in again in"
# What whoever guesses with a client reads: skopeo has a sentence of its own.
READ = {"docker": f"toomanyrequests: {SENTENCE}", "skopeo": "too many requests to registry"}


@pytest.fixture(scope="module")
def users_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("guessing")
    users = {
        name: {"password": bcrypt.hashpw(name.encode(), bcrypt.gensalt(4)).decode(), "teams": ["team"]}
        for name in ("alice-Docker", "alice-Skopeo", "bob")
    }
    (home / "users.json").write_text(json.dumps(users))
    with Server(home / "data", env={"PIERONE_USERS_FILE": str(home / "users.json")}) as server:
        yield server


@pytest.fixture
def api(users_server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=users_server.url, trust_env=False) as client:
        yield client


def guess(attempt: Callable[[str], bool]) -> None:
    """Try new passwords until one is refused unseen, after ten or, if this machine is slow, some more."""
    assert any(attempt(uuid.uuid4().hex) for _ in range(100))


def guess_over_http(api: httpx2.Client, user: str) -> list[httpx2.Response]:
    """Guess with requests; return the answers."""
    answers: list[httpx2.Response] = []

    def attempt(password: str) -> bool:
        answers.append(api.get("/v2/", headers={"Authorization": basic(user, password)}))
        return answers[-1].status_code == 429

    guess(attempt)
    return answers


def post_form(api: httpx2.Client, user: str, password: str) -> int:
    """Show a password in a form, of which nothing is remembered in front of the users file; return the status."""
    form = {"grant_type": "password", "username": user, "password": password}
    return api.post("/v2/token", content=urlencode(form)).status_code


@pytest.mark.parametrize("user", ["bob", "nobody"])
def test_whoever_guesses_is_told_to_wait(api: httpx2.Client, user: str) -> None:
    *seen, refused = guess_over_http(api, user)
    assert len(seen) >= FREE_GUESSES
    assert {response.status_code for response in seen} == {401}
    status, code, message = reason_of(refused)
    assert (status, code) == (429, "TOOMANYREQUESTS")
    assert SENTENCE in message
    assert refused.headers["Retry-After"] == str(refused.json()["errors"][0]["detail"]["retryAfter"])
    assert "WWW-Authenticate" not in refused.headers
    guess(lambda password: post_form(api, user, password) == 429)


@pytest.mark.parametrize(("client", "sentence"), READ.items(), indirect=["client"], ids=READ)
def test_a_user_who_logged_in_goes_on_pushing_while_others_guess(
    client: Client, users_server: Server, api: httpx2.Client, tmp_path: Path, sentence: str
) -> None:
    user = f"alice-{type(client).__name__}"
    reference = f"{users_server.host}/team/{uuid.uuid4().hex}:1.0"
    client.load(write_image(tmp_path / "image", reference), reference)
    client.login(users_server.host, user, user)
    guess_over_http(api, user)
    assert post_form(api, user, user) == 200
    client.push(reference)

    def attempt(password: str) -> bool:
        with pytest.raises(ClientFailed) as refused:
            client.login(users_server.host, user, password)
        return sentence in refused.value.output

    guess(attempt)
    client.login(users_server.host, user, user)
