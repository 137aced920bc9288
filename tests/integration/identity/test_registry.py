"""The rules of who may push, over HTTP: a server with STUPS around it, and one with an authorization server."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx2
import pytest
from tests.integration.identity.authorization_server import REGISTRY, WRITE, WRITE_ALL, AuthorizationServer
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always
from tests.integration.identity.stups import kio, team_service, token_facts, tokeninfo
from tests.integration.server import Server

TOKENS = {
    "t0ken-of-alice": token_facts("alice", "/employees"),
    "t0ken-of-bob": token_facts("bob", "employees"),
    "t0ken-of-kio": token_facts("stups_kio", "/services", [WRITE]),
    "t0ken-of-kio-reader": token_facts("stups_kio", "/services"),
    "t0ken-of-old": token_facts("stups_old", "services", [WRITE]),
    "t0ken-of-ci": token_facts("stups_ci", "services", [WRITE_ALL]),
    "t0ken-of-customer": token_facts("eve", "/customers", [WRITE_ALL]),
}
TEAMS = team_service({"myteam": ["alice"], "other": ["bob"]})
APPLICATIONS = kio({"kio": {"team_id": "myteam", "active": True}, "old": {"team_id": "myteam", "active": False}})


class Stups:
    """The services around a registry, and the registry."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing runs until it is entered."""
        self.tokeninfo, self.teams, self.kio = StandIn(tokeninfo(TOKENS)), StandIn(TEAMS), StandIn(APPLICATIONS)
        environment = {
            "NO_PROXY": "127.0.0.1",
            "PIERONE_TOKENINFO_URL": f"{self.tokeninfo.url}/oauth2/tokeninfo",
            "PIERONE_TEAM_SERVICE_URL": self.teams.url,
            "PIERONE_KIO_URL": self.kio.url,
            "PIERONE_SERVICE_USER_PREFIX": "stups_",
            "PIERONE_SOURCE_READ_TIMEOUT": "0.5",
        }
        self.server = Server(data_dir, env=environment)

    def __enter__(self) -> Self:
        """Start everything."""
        with ExitStack() as stack:
            for part in (self.tokeninfo, self.teams, self.kio, self.server):
                stack.enter_context(part)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self._stack.close()


@pytest.fixture(scope="module")
def shared_stups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stups]:
    with Stups(tmp_path_factory.mktemp("stups") / "data") as stups:
        yield stups


@pytest.fixture
def stups(tmp_path: Path) -> Iterator[Stups]:
    with Stups(tmp_path / "data") as stups:
        yield stups


def push(server: Server, authorization: str, repository: str = "myteam/app") -> httpx2.Response:
    """Begin to push: this is where access is judged."""
    headers = {"Authorization": authorization}
    return httpx2.post(f"{server.url}/v2/{repository}/blobs/uploads/", headers=headers, trust_env=False)


def message(response: httpx2.Response) -> str:
    return str(response.json()["errors"][0]["message"])


@pytest.mark.parametrize(
    ("token", "repository", "status", "reason"),
    [
        ("t0ken-of-alice", "myteam/app", 202, ""),
        ("t0ken-of-alice", "other/app", 403, "not a member of team other"),
        ("t0ken-of-bob", "myteam/app", 403, "not a member of team myteam"),
        ("t0ken-of-kio", "myteam/app", 202, ""),
        ("t0ken-of-kio", "other/app", 403, "belongs to team myteam"),
        ("t0ken-of-kio-reader", "myteam/app", 403, "neither scope application.write nor"),
        ("t0ken-of-old", "myteam/app", 403, "is not active"),
        ("t0ken-of-ci", "other/app", 202, ""),
        ("t0ken-of-customer", "myteam/app", 403, "realm customers may only pull"),
        ("t0ken-of-nobody", "myteam/app", 401, "not valid or has expired"),
    ],
)
def test_who_may_push_with_stups_around(
    shared_stups: Stups, token: str, repository: str, status: int, reason: str
) -> None:
    basic = base64.b64encode(f"oauth2:{token}".encode()).decode()
    for authorization in (f"Bearer {token}", f"Token {token}", f"Basic {basic}"):
        response = push(shared_stups.server, authorization, repository)
        assert response.status_code == status
        assert not reason or reason in message(response)
    assert token not in shared_stups.server.log.read_text()


@pytest.mark.parametrize("reply", [Reply(503), HANG], ids=["nobody home", "nothing"])
@pytest.mark.parametrize("source", ["tokeninfo", "teams", "kio"])
def test_while_a_source_does_not_answer_nobody_pushes_and_afterwards_they_do(
    stups: Stups, source: str, reply: Reply
) -> None:
    token = "t0ken-of-kio" if source == "kio" else "t0ken-of-alice"
    service: StandIn = getattr(stups, source)
    well = service.answer
    service.answer = reply_always(reply)
    response = push(stups.server, f"Bearer {token}")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert token not in response.text
    service.answer = well
    assert push(stups.server, f"Bearer {token}").status_code == 202
    log = stups.server.log.read_text()
    assert "503" in log
    assert token not in log


def test_a_push_costs_each_source_one_question(stups: Stups) -> None:
    for _ in range(10):
        assert push(stups.server, "Bearer t0ken-of-alice").status_code == 202
    assert (len(stups.tokeninfo.asked), len(stups.teams.asked), len(stups.kio.asked)) == (1, 1, 0)


@pytest.fixture
def environment(authorization_server: AuthorizationServer) -> Mapping[str, str]:
    return {
        "NO_PROXY": "127.0.0.1",
        "PIERONE_JWT_ISSUER": authorization_server.issuer,
        "PIERONE_JWT_JWKS_URL": authorization_server.jwks_url,
        "PIERONE_JWT_AUDIENCE": "urn:pierone",
        "PIERONE_INTROSPECTION_URL": authorization_server.introspection_url,
        "PIERONE_INTROSPECTION_CLIENT_ID": REGISTRY[0],
        "PIERONE_INTROSPECTION_CLIENT_SECRET": REGISTRY[1],
        "PIERONE_INTROSPECTION_AUDIENCE": "urn:pierone",
        "PIERONE_TEAMS_CLAIM": "groups",
        "PIERONE_TEAMS_CLAIM_PREFIX": "/",
        "PIERONE_JWT_ALGORITHMS": json.dumps(["ES256"]),
    }


def test_who_may_push_with_tokens_of_an_authorization_server(
    authorization_server: AuthorizationServer, environment: Mapping[str, str], tmp_path: Path
) -> None:
    with Server(tmp_path / "data", env=environment) as server:
        for resource in ("urn:pierone", "urn:pierone:jwt"):
            person = authorization_server.user_token("alice", resource, "console")
            writer = authorization_server.client_token("stups_kio", resource, [WRITE])
            anywhere = authorization_server.client_token("stups_kio", resource, [WRITE_ALL])
            elsewhere = authorization_server.client_token(
                "stups_kio", resource.replace("pierone", "other"), [WRITE_ALL]
            )
            assert push(server, f"Bearer {person}").status_code == 202
            assert push(server, f"Bearer {person}", "guests/app").status_code == 403
            assert "connected to no Kio" in message(push(server, f"Bearer {writer}"))
            assert push(server, f"Bearer {anywhere}").status_code == 202
            assert push(server, f"Bearer {elsewhere}").status_code == 401
            log = server.log.read_text()
            assert not [secret for secret in (person, writer, anywhere, elsewhere, REGISTRY[1]) if secret in log]
