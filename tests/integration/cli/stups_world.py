"""A registry with the services of STUPS around it, and the people and applications of the product text."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from tests.integration.identity.stand_in import Answering, Asked, Reply, StandIn
from tests.integration.identity.stups import kio, team_service, token_facts, tokeninfo
from tests.integration.server import Server

WRITE = "application.write"
EMPLOYEE, SERVICE = "t0ken-of-alice", "t0ken-of-myapp"
TOKENS = {EMPLOYEE: token_facts("alice", "/employees"), SERVICE: token_facts("stups_myapp", "/services", [WRITE])}
APPLICATION = {"application_username": "stups_myapp", "application_password": "secret of myapp"}
CLIENT = {"client_id": "myapp", "client_secret": "secret of the client"}


def token_endpoint(asked: Asked) -> Reply:
    """The password grant of service users, with the scopes that they ask for."""
    form = {name: value for name, [value] in parse_qs(asked.body.decode()).items()}
    if form.get("password") != APPLICATION["application_password"]:
        return Reply(400, {"error": "invalid_grant", "error_description": "wrong password"})
    return Reply(body={"access_token": SERVICE, "expires_in": 3600, "token_type": "Bearer", "scope": form["scope"]})


@dataclass(frozen=True)
class StupsWorld:
    """The registry is `server`; service users get tokens at `token_url`."""

    server: Server
    token_url: str


@contextmanager
def stups_world(data_dir: Path) -> Iterator[StupsWorld]:
    """Run everything until the block ends."""
    with ExitStack() as stack:

        def stand(answer: Answering) -> str:
            return stack.enter_context(StandIn(answer)).url

        settings = {
            "NO_PROXY": "127.0.0.1",
            "PIERONE_TOKENINFO_URL": f"{stand(tokeninfo(TOKENS))}/oauth2/tokeninfo",
            "PIERONE_TEAM_SERVICE_URL": stand(team_service({"myteam": ["alice"]})),
            "PIERONE_KIO_URL": stand(kio({"myapp": {"team_id": "myteam", "active": True}})),
            "PIERONE_SERVICE_USER_PREFIX": "stups_",
            # A busy machine is no outage.
            "PIERONE_SOURCE_CONNECT_TIMEOUT": "5",
            "PIERONE_SOURCE_READ_TIMEOUT": "5",
        }
        token_url = f"{stand(token_endpoint)}/oauth2/access_token"
        yield StupsWorld(stack.enter_context(Server(data_dir, env=settings)), token_url)
