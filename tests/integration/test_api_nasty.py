"""Every endpoint with inputs that nobody should send: never a 5xx, always the spec's JSON, and the server goes on."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.integration.oci import Repository, answer, connect, digest_of, encode, index_of, read_refusal, wire
from tests.integration.server import Server

DIGEST = digest_of(b"nothing")
NASTY = [
    "",
    "%00",
    "%0A",
    "%0D%0A",
    "%FF",
    "%C3%A9",
    "%ED%A0%80",
    "%F0%9F%90%B3",
    "%",
    "%zz",
    "%2F",
    "%252F",
    "..",
    "%2e%2e",
    ".",
    "-1",
    "9" * 400,
    "a" * 8000,
    "A:b:c",
    ":",
    "sha256:",
    "sha256:%00",
    DIGEST.upper(),
    DIGEST + "%00",
    "sha512:" + "%D9%A1" * 128,
    "'%22;--",
    "{}",
    "${x}",
    "%25s%25n",
    "a+b",
    "*",
    "[]",
    "%7Bname%7D",
]
# `{}` is where the nasty text goes.
PATHS = [
    "/v2/{}",
    "/v2/{}/manifests/1.0",
    "/v2/team/{}/blobs/" + DIGEST,
    "/v2/team/{}/tags/list",
    "/v2/team/app/manifests/{}",
    "/v2/team/app/manifests/" + DIGEST + "?tag={}",
    "/v2/team/app/blobs/{}",
    "/v2/team/app/blobs/uploads/{}",
    "/v2/team/app/blobs/uploads/?mount={}",
    "/v2/team/app/blobs/uploads/?mount=" + DIGEST + "&from={}",
    "/v2/team/app/blobs/uploads/?digest={}",
    "/v2/team/app/blobs/uploads/?digest-algorithm={}",
    "/v2/team/app/blobs/uploads/{}?digest=" + DIGEST,
    "/v2/team/app/referrers/{}",
    "/v2/team/app/referrers/" + DIGEST + "?artifactType={}",
    "/v2/team/app/referrers/" + DIGEST + "?n=1&last={}",
    "/v2/team/app/tags/list?n={}",
    "/v2/team/app/tags/list?last={}",
    "/v2/_catalog?n={}",
    "/v2/_catalog?last={}",
    "/v2/team/app/tags/list?{}",
    "/v2/team/app/tags/list?{}={}",
    "/v2/team/app/tags/list?n=1&n={}&last=a&last={}",
]
HEADERS = [
    b"Authorization: Basic \xe9",
    b"Authorization: Basic",
    b"Authorization: Basic " + b"=" * 99,
    b"Authorization: Basic /w==",
    b"Authorization: Basic OgA6",
    b"Authorization: \xff\xfe",
    b"Authorization: Bearer",
    b"Authorization: Digest username=x",
    b"Authorization: ",
    b"Range: bytes=" + b"9" * 5000 + b"-",
    b"Range: bytes=\xb2-\xb3",
    b"Range: \xff",
    b"If-None-Match: \xff\xfe",
    b'If-None-Match: "' + b'","' * 999,
    b"If-Range: \xff",
    b"Content-Range: \xb2-\xb3",
    b"Content-Range: " + b"9" * 5000 + b"-" + b"9" * 5000,
    b"Content-Range: 0-999999999999999999",
    b"Content-Type: \xff\xfe",
    b"Content-Type: ;",
    b"Content-Type: " + b"x" * 9000,
    b"Content-Encoding: gzip",
    b"Accept: \xff",
    b"Host: \xff",
    b"X-Forwarded-For: \xff",
    b"Connection: upgrade\r\nUpgrade: websocket",
    b"Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    b"Expect: nonsense",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
BODIES = [b"", b"{}", b"\xff\x00", encode(index_of())]


@dataclass(frozen=True)
class Sent:
    """A request, and the one way to see whether its answer is good."""

    method: str
    target: str
    header: bytes = b"X: y"
    body: bytes = b""

    def check(self, server: Server) -> None:
        head = f"{self.method} {self.target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(self.body)}\r\n"
        with wire(server) as connection:
            connection.sendall(head.encode() + self.header + b"\r\n\r\n" + self.body)
            response, content = answer(connection, self.method)
        assert 200 <= response.status < 500, self
        kind = str(response.getheader("Content-Type"))
        # What is no HTTP at all is refused below the API, in plain text.
        if response.status >= 400 and self.method != "HEAD" and kind != "text/plain; charset=utf-8":
            read_refusal(response.status, kind, content)


@pytest.fixture
def alive(shared_server: Server) -> Iterator[Server]:
    """The server, which must not have ended or become unable to push when the test ends."""
    yield shared_server
    with connect(shared_server.url) as api:
        repository = Repository(api)
        repository.push("1.0", repository.image())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_no_text_in_a_path_or_query_makes_the_server_fail(alive: Server, method: str, path: str) -> None:
    for text in NASTY:
        Sent(method, path.replace("{}", text)).check(alive)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: repr(header[:40]))
def test_no_header_makes_the_server_fail(alive: Server, header: bytes) -> None:
    with connect(alive.url) as api:
        repository = Repository(api)
        blob = repository.push_blob(b"some bytes")
        repository.push("1.0", index_of())
        targets = [
            ("GET", f"{repository.url}/manifests/1.0"),
            ("GET", f"{repository.url}/blobs/{blob['digest']}"),
            ("PUT", f"{repository.url}/manifests/2.0"),
            ("POST", f"{repository.uploads}?digest={digest_of(BODIES[-1])}"),
            ("PATCH", repository.start_upload()),
            ("PUT", f"{repository.start_upload()}?digest={digest_of(BODIES[-1])}"),
            ("GET", "/v2/_catalog"),
        ]
    for method, target in targets:
        Sent(method, target, header, b"" if method == "GET" else BODIES[-1]).check(alive)


@pytest.mark.parametrize("body", BODIES, ids=repr)
@pytest.mark.parametrize("method", METHODS)
def test_no_body_makes_the_server_fail(alive: Server, method: str, body: bytes) -> None:
    for path, text in itertools.product(PATHS, ["1", DIGEST]):
        Sent(method, path.replace("{}", text), body=body).check(alive)


TEXT = st.binary(min_size=1, max_size=40).map(lambda data: "".join(f"%{byte:02x}" for byte in data))


@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    text=TEXT | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
    body=st.sampled_from(BODIES),
)
@settings(max_examples=300, deadline=None)
def test_nothing_that_was_thought_up_makes_the_server_fail(
    shared_server: Server, method: str, path: str, text: str, body: bytes
) -> None:
    Sent(method, path.replace("{}", text), body=body).check(shared_server)
