"""The way through proxies, and certificates of private CAs."""

import gzip
import re
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.integration.cli.command import Home
from tests.integration.cli.conftest import Stand
from tests.integration.cli.pier_one import PierOne
from tests.integration.cli.test_inspect_contents import tar_of
from tests.integration.identity.stand_in import Reply, StandIn, reply_always


def test_a_proxy_is_asked_where_the_environment_names_one(home: Home, stand: Stand) -> None:
    proxy = stand(reply_always(Reply(body=["team"])))
    variables = {"HTTP_PROXY": proxy.url, "NO_PROXY": ""}
    done = home.pierone("teams", "-o", "tsv", "--url", "http://pierone.example.org", **variables)
    assert done.table == [["name"], ["team"]]
    assert [asked.target for asked in proxy.asked] == ["http://pierone.example.org/teams"]


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("socks5://u:s3cret@127.0.0.1:9", "names a SOCKS proxy; name an HTTP proxy there, or unset it"),
        ("gopher://u:s3cret@127.0.0.1:9", "is no URL of an HTTP proxy; mend or unset it"),
        ("http://u:s3cret@a:b", "is no URL of an HTTP proxy; mend or unset it"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_line_without_its_password(home: Home, proxy: str, sentence: str) -> None:
    done = home.pierone("teams", ALL_PROXY=proxy)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"Error: HTTP_PROXY, HTTPS_PROXY or ALL_PROXY {sentence}\n"


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pierone_cli.web.ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("pierone_cli.registry.LIST_SECONDS", 0.3)


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("command", ["teams", "inspect-contents myteam myapp 1.0"])
def test_a_registry_that_trickles_is_not_waited_for_without_end(
    home: Home, pier_one: PierOne, registry: StandIn, command: str, status: int
) -> None:
    pier_one.add_image("1.0", gzip.compress(tar_of("a")))
    trickle = Reply(status, b"[" * 10_000, drip=0.05)
    registry.answer = lambda asked: pier_one(asked) if "/manifests/" in asked.path else trickle
    done = home.pierone(*command.split())
    assert (done.code, done.out) == (1, "")
    assert "does not answer in time; try again, or check the address" in done.err


@pytest.mark.usefixtures("_hasty")
def test_a_list_without_end_is_not_read_without_end(home: Home, registry: StandIn) -> None:
    registry.answer = lambda asked: Reply(body=["a"], headers={"Link": f'<{asked.path}?more>; rel="next"'})
    done = home.pierone("teams")
    assert (done.code, done.out) == (1, "")
    assert "the list /teams of 127.0.0.1:" in done.err


class _Teams(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'["team"]')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(directory: Path) -> Path:
    """A file with a key and a certificate of `localhost` that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = directory / "private.pem"
    signed = built.sign(key, hashes.SHA256()).public_bytes(encoding)
    file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + signed)
    return file


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a registry whose certificate is of a private CA, and the file of that."""
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(("127.0.0.1", 0), _Teams) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"https://localhost:{server.server_port}", file
        server.shutdown()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_private_ca_is_believed_where_the_environment_names_it(
    home: Home, secured: tuple[str, Path], variable: str
) -> None:
    url, file = secured
    home.variables["NO_PROXY"] = "localhost"
    assert home.pierone("teams", "-o", "tsv", "--url", url, **{variable: str(file)}).table == [["name"], ["team"]]


def test_a_ca_that_nobody_knows_is_refused_with_what_to_do(home: Home, secured: tuple[str, Path]) -> None:
    home.variables["NO_PROXY"] = "localhost"
    done = home.pierone("teams", "--url", secured[0])
    assert done.code == 1
    assert re.search(r"cannot be reached: .*name the file of your private CA in SSL_CERT_FILE", done.err)
    missing = home.pierone("teams", SSL_CERT_FILE="/nowhere.pem")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert "cannot read certificates from /nowhere.pem" in missing.err
