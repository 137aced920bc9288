"""A registry with everything around it that knows callers: STUPS, an issuer of JWTs, AWS; and who may call.

All that is answered, and in the end all that the server wrote, is searched for secrets.
"""

import contextlib
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.integration.identity.stand_in import Reply, StandIn, reply_always
from tests.integration.identity.stups import kio, team_service, token_facts, tokeninfo
from tests.integration.identity_facts import APPLICATIONS, INSTANCE_DOCUMENT, JWT_SETTINGS, KEY, TEAMS, TOKENS
from tests.integration.server import Server
from tests.unit.ec2_documents import ACCOUNT, certificate, key_of, pem

from pierone_adapters.jwt import JwtIssuer, read_key
from pierone_core.caller import Caller, Grants
from pierone_http.upload_pass import UploadPasses

# Beyond every time-out of the server: whoever waits longer was left hanging.
PATIENCE = 30.0


class World:
    """One registry, the services around it, and a client that looks at all answers."""

    def __init__(self, root: Path, **settings: str) -> None:
        """`settings` win over those that make all sources known; an empty one is left out. Nothing runs yet."""
        self._tokens, self._applications = dict(TOKENS), dict(APPLICATIONS)
        self._teams = {team: list(members) for team, members in TEAMS.items()}
        self.tokeninfo, self.teams = StandIn(tokeninfo(self._tokens)), StandIn(team_service(self._teams))
        self.kio = StandIn(kio(self._applications))
        self.jwks = StandIn(reply_always(Reply(body={"keys": [KEY.public]})))
        self._root, self._settings = root, settings
        self.server = Server(root / "data", env=self._environment())
        self.secrets = {*TOKENS, INSTANCE_DOCUMENT}
        self._stack = ExitStack()

    @property
    def is_public(self) -> bool:
        """Whether anybody may read."""
        return self._settings.get("PIERONE_PUBLIC_READ") == "True"

    def __enter__(self) -> Self:
        """Start everything."""
        with ExitStack() as stack:
            for part in (self.tokeninfo, self.teams, self.kio, self.jwks, self.server):
                stack.enter_context(part)
            client = httpx2.Client(base_url=self.server.url, trust_env=False, verify=False, timeout=PATIENCE)
            self.api = stack.enter_context(client)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self._stack.close()

    def ask(self, method: str, path: str, authorization: str | None = None, content: bytes = b"") -> httpx2.Response:
        """Send a request; the answer holds no secret of whoever asks."""
        headers = {"Authorization": authorization} if authorization is not None else {}
        response = self.api.request(method, path, headers=headers, content=content)
        if authorization and len(authorization) > len("Bearer ") + 8:
            self.secrets.add(authorization.partition(" ")[2])
        # A Location has the pass of an upload, which may be the same as before.
        answered = response.text + str([value for name, value in response.headers.items() if name != "location"])
        assert not [secret for secret in self.secrets if secret in answered and secret not in path]
        self._remember(response)
        return response

    def issue(self, authorization: str | None, *scopes: str) -> str:
        """A token of the registry for `scopes`, each a parameter."""
        query = str(httpx2.QueryParams([("scope", scope) for scope in scopes]))
        response = self.ask("GET", f"/v2/token?{query}", authorization)
        assert response.status_code == 200, response.text
        return str(response.json()["token"])

    def newcomer(self, *scopes: str, realm: str = "employees", expires_in: int = 3600) -> str:
        """The token of somebody whom nobody asked about yet, of myteam, or for an application of it."""
        name = f"new{uuid.uuid4().hex}"
        self._teams["myteam"].append(name)
        self._applications[name] = {"team_id": "myteam", "active": True}
        uid = name if realm == "employees" else f"stups_{name}"
        self._tokens[f"t0ken-of-{name}"] = token_facts(uid, realm, scopes, expires_in)
        return f"t0ken-of-{name}"

    def old_token(self, name: str, repository: str) -> str:
        """A token of the registry that did for all of `repository`, and ended."""
        grants = Grants(frozenset({(repository, "pull"), (repository, "push")}))
        issuer = JwtIssuer([read_key(self.server.data_dir / "token-key.pem")])
        issuer.lifetime = timedelta(seconds=-60)
        token = issuer.issue(Caller(name), grants)
        self.secrets.add(token)
        return token

    def own_passes(self, seconds: float) -> UploadPasses:
        """Who makes passes as the registry does, for any time."""
        return UploadPasses([read_key(self.server.data_dir / "token-key.pem").secret], seconds)

    def start_upload(self, authorization: str, repository: str) -> str:
        """Begin an upload; return its location, with the pass."""
        response = self.ask("POST", f"/v2/{repository}/blobs/uploads/", authorization)
        assert response.status_code == 202, response.text
        return str(response.headers["Location"])

    def questions(self) -> int:
        """How often anybody was asked about anybody."""
        return sum(len(service.asked) for service in (self.tokeninfo, self.teams, self.kio, self.jwks))

    def restart(self, **settings: str) -> None:
        """Stop the registry and start it with other settings on the same data."""
        self.server.stop()
        self._settings |= settings
        self.server = Server(self.server.data_dir, env=self._environment(), port=self.server.port)
        self._stack.enter_context(self.server)

    def uploads(self) -> set[str]:
        """Which uploads are under way."""
        return {path.name for path in (self.server.data_dir / "uploads").iterdir()}

    def check_that_nothing_leaked(self) -> None:
        """Neither the log nor anything below the data directory has a secret that was shown; stop the server before."""
        files = [self.server.log, *self.server.data_dir.rglob("*")]
        written = {file: file.read_bytes() for file in files if file.is_file()}
        assert self.server.log in written
        leaks = [(f.name, s[:40]) for f, data in written.items() for s in self.secrets if s.encode() in data]
        assert not leaks
        assert b"unforeseen" not in written[self.server.log]

    def _remember(self, response: httpx2.Response) -> None:
        """What the registry gives to a caller is a secret, too."""
        self.secrets.update(parse_qs(urlsplit(response.headers.get("Location", "")).query).get("pass", []))
        with contextlib.suppress(ValueError):
            body = json.loads(response.content)
            self.secrets.update({str(body["token"])} if isinstance(body, dict) and "token" in body else set())

    def _environment(self) -> dict[str, str]:
        certificates = self._root / "aws.pem"
        certificates.write_bytes(pem(certificate(key_of("aws"))))
        settings = JWT_SETTINGS | {
            "NO_PROXY": "127.0.0.1",
            "PIERONE_TOKENINFO_URL": f"{self.tokeninfo.url}/oauth2/tokeninfo",
            "PIERONE_JWT_JWKS_URL": self.jwks.url,
            "PIERONE_TEAM_SERVICE_URL": self.teams.url,
            "PIERONE_KIO_URL": self.kio.url,
            "PIERONE_SERVICE_USER_PREFIX": "stups_",
            "PIERONE_AWS_ACCOUNTS": json.dumps([ACCOUNT]),
            "PIERONE_AWS_CERTIFICATES_FILE": str(certificates),
            # A busy machine is no outage.
            "PIERONE_SOURCE_CONNECT_TIMEOUT": "5",
            "PIERONE_SOURCE_READ_TIMEOUT": "5",
        }
        return {name: value for name, value in (settings | self._settings).items() if value}


def searched(world: World) -> Iterator[World]:
    """Run a world for a fixture, and search what it wrote when its tests are over."""
    with world:
        yield world
    world.check_that_nothing_leaked()
