"""`deploy/nginx/nginx.conf` as it stands, but for addresses and places, in front of a server: layers stream through it.

Of its two replicas one is down.
"""

import contextlib
import json
import os
import random
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import bcrypt
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.integration.clients.client import DAEMON_PATH, find
from tests.integration.oci import PATIENCE, digest_of, eventually
from tests.integration.server import Server, free_port

CONFIGURATION = (Path(__file__).parents[2] / "deploy/nginx/nginx.conf").read_text()
BLOCK = random.Random(1).randbytes(1 << 20)  # noqa: S311 - content
BLOCKS = 200
UPLOADS = "/v2/team/app/blobs/uploads/"


class Nginx:
    """nginx with the configuration of `deploy/`, all its files below `directory`."""

    def __init__(self, directory: Path, replica: Server) -> None:
        """`replica` is `registry-1`; nobody listens where `registry-2` should."""
        self.directory, self.port = directory, free_port()
        changes = {
            "/tmp/": f"{directory}/",  # noqa: S108 - the configuration's own
            "listen 8443": f"listen 127.0.0.1:{self.port}",
            # Else a replica that is down is not tried again for a while, and what is said of it hangs on luck.
            "fail_timeout=2s": "max_fails=0",
            "registry-1:8080": replica.host,
            "registry-2:8080": f"127.0.0.1:{free_port()}",
            "/run/secrets/": f"{directory}/",
            "/dev/stdout": f"{directory}/access.log",
        }
        self._configuration = directory / "nginx.conf"
        self._configuration.write_text(_changed(CONFIGURATION, changes))
        self._running = contextlib.ExitStack()

    def command(self, *arguments: str) -> list[str]:
        """The command line; nothing of the system's own configuration is read."""
        return [find("nginx", "nginx-light"), "-e", "stderr", "-c", str(self._configuration), *arguments]

    def client(self) -> httpx2.Client:
        """Connect as alice, who trusts the certificate."""
        trusted = ssl.create_default_context(cafile=self.directory / "tls_certificate")
        address = f"https://127.0.0.1:{self.port}"
        return httpx2.Client(base_url=address, verify=trusted, trust_env=False, timeout=PATIENCE)

    def __enter__(self) -> Self:
        """Start and wait until it listens."""
        log = self._running.enter_context((self.directory / "error.log").open("wb"))
        command = self.command("-g", "daemon off; master_process off;")
        process = subprocess.Popen(command, env=environment(), stderr=log)
        self._running.callback(process.wait, PATIENCE)
        self._running.callback(process.terminate)
        eventually(lambda: self._listens() or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError((self.directory / "error.log").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._running.close()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _changed(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def environment() -> dict[str, str]:
    """The shell's, with the directories of daemons."""
    return os.environ | {"PATH": f"{os.environ['PATH']}:{DAEMON_PATH}"}


def make_certificate(directory: Path) -> None:
    """A certificate of 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (directory / "tls_certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (directory / "tls_key").write_bytes(key.private_bytes(*pem))


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server whose user alice may push to `team`, and which believes the proxy."""
    root: Path = tmp_path_factory.mktemp("replica")
    password = bcrypt.hashpw(b"ecila", bcrypt.gensalt(4)).decode()
    (root / "users.json").write_text(json.dumps({"alice": {"password": password, "teams": ["team"]}}))
    env = {"PIERONE_USERS_FILE": str(root / "users.json"), "PIERONE_TRUSTED_PROXIES": '["127.0.0.1/32"]'}
    with Server(root / "data", env=env) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(replica: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    directory: Path = tmp_path_factory.mktemp("nginx")
    make_certificate(directory)
    with Nginx(directory, replica) as nginx:
        yield nginx


@pytest.fixture
def alice(proxy: Nginx) -> Iterator[httpx2.Client]:
    with proxy.client() as client:
        client.auth = ("alice", "ecila")
        yield client


def watched(until: Callable[[], bool]) -> Iterator[bytes]:
    """A layer whose second half is sent only when `until` holds."""
    for number in range(BLOCKS):
        if number == BLOCKS // 2:
            eventually(until)
        yield BLOCK


def test_nginx_takes_the_configuration_without_a_warning(proxy: Nginx) -> None:
    said = subprocess.run(proxy.command("-t"), capture_output=True, text=True, check=True, env=environment()).stderr
    assert "test is successful" in said
    assert "[warn]" not in said


def test_a_layer_is_at_the_registry_while_its_end_is_still_to_come(
    alice: httpx2.Client, proxy: Nginx, replica: Server
) -> None:
    def arrived() -> bool:
        sizes = sum(path.stat().st_size for path in replica.data_dir.glob("uploads/*"))
        return sizes > len(BLOCK) * BLOCKS // 4

    location = alice.post(UPLOADS).headers["Location"]
    location = alice.patch(location, content=watched(arrived)).headers["Location"]

    assert not [path for path in (proxy.directory / "body").rglob("*") if path.is_file()]
    digest = digest_of(BLOCK * BLOCKS)
    assert alice.put(f"{location}&digest={digest}").status_code == 201
    part = alice.get(f"/v2/team/app/blobs/{digest}", headers={"Range": "bytes=104857590-104857609"})
    assert (part.status_code, part.content) == (206, BLOCK[-10:] + BLOCK[:10])
    assert digest_of(alice.get(f"/v2/team/app/blobs/{digest}").content) == digest


def test_clients_are_sent_for_tokens_to_the_address_they_know_whatever_they_claim(proxy: Nginx) -> None:
    with proxy.client() as nobody:
        lies = {"X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http"}
        answers = [nobody.get("/v2/", headers=headers) for headers in ({}, lies)]
    challenges = {answer.headers["WWW-Authenticate"].split(",")[0] for answer in answers}
    assert challenges == {f'Bearer realm="https://127.0.0.1:{proxy.port}/v2/token"'}


def test_requests_go_on_while_a_replica_is_down(alice: httpx2.Client) -> None:
    assert {alice.get("/v2/").status_code for _ in range(4)} == {200}


def test_nothing_that_the_proxy_logs_has_a_pass_of_an_upload(alice: httpx2.Client, proxy: Nginx) -> None:
    location = alice.post(UPLOADS).headers["Location"]
    assert "pass=" in location
    # Every second one is sent to the replica that is down first.
    assert [alice.get(location).status_code for _ in range(2)] == [204, 204]
    access, errors = (proxy.directory / name for name in ("access.log", "error.log"))
    eventually(lambda: access.read_text().count(location.split("?")[0]) == 2)
    assert ", " in access.read_text()
    assert "pass=" not in access.read_text() + errors.read_text()
