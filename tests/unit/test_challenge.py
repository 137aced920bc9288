"""What who has no (sufficient) authority is told: WWW-Authenticate, where it points, and what it may not repeat."""

import re
from collections.abc import Mapping
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from pierone_core.errors import ScopeMissing, Unauthorized
from pierone_http.challenge import Challenges

UNAUTHORIZED, SCOPE_MISSING = Unauthorized("log in"), ScopeMissing("ask for more")
PROXY, STRANGER = "10.1.2.3", "203.0.113.9"
PLAIN = Challenges(basic=False, trusted_proxies=[])
BEHIND_PROXY = Challenges(basic=False, trusted_proxies=[ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "registry.example"}
HOST = "registry.internal:8080"


def request(
    headers: Mapping[str, str] | None = None,
    *,
    client: str | None = STRANGER,
    server: tuple[str, int | None] | None = ("192.0.2.1", 8080),
    scheme: str = "http",
) -> Request:
    """GET /v2/, as it comes from the HTTP server."""
    raw = {"host": HOST} | dict(headers or {})
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/v2/",
            "query_string": b"",
            "scheme": scheme,
            "server": server,
            "client": (client, 40000) if client else None,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in raw.items() if value],
        }
    )


def realm(challenges: Challenges, asked: Request) -> str:
    found = re.match(r'Bearer realm="([^"]*)",service="([^"]*)"', challenges.header(asked, "", UNAUTHORIZED))
    assert found is not None
    assert found[1].endswith(f"://{found[2]}/v2/token")
    return found[1].removesuffix("/v2/token")


def test_a_challenge_says_where_a_token_is_to_be_had_and_for_what() -> None:
    assert PLAIN.header(request(), "repository:ours/app:pull", UNAUTHORIZED) == (
        f'Bearer realm="http://{HOST}/v2/token",service="{HOST}",scope="repository:ours/app:pull"'
    )
    assert PLAIN.header(request(), "", UNAUTHORIZED) == f'Bearer realm="http://{HOST}/v2/token",service="{HOST}"'


def test_only_who_has_a_token_that_covers_too_little_is_told_so() -> None:
    header = PLAIN.header(request(), "repository:ours/app:push", SCOPE_MISSING)
    assert header.endswith(',scope="repository:ours/app:push",error="insufficient_scope"')
    assert "error" not in PLAIN.header(request(), "repository:ours/app:push", UNAUTHORIZED)


@pytest.mark.parametrize("error", [UNAUTHORIZED, SCOPE_MISSING])
def test_a_basic_challenge_is_the_same_for_everything(error: Unauthorized) -> None:
    basic = Challenges(basic=True, trusted_proxies=[])
    assert basic.header(request(FORWARDED), "repository:ours/app:pull", error) == 'Basic realm="Pier One"'


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "registry.example",
        "registry.example:443",
        "127.0.0.1:5000",
        "[::1]",
        "[::1]:5000",
        "[2001:DB8::1]:80",
    ],
)
def test_the_client_is_sent_to_the_host_that_it_knows(host: str) -> None:
    assert realm(PLAIN, request({"host": host})) == f"http://{host}"


def test_the_scheme_is_that_of_the_connection() -> None:
    assert realm(PLAIN, request(scheme="https")) == f"https://{HOST}"


@pytest.mark.parametrize("client", [PROXY, "10.255.255.255", "fd00::1"])
def test_a_trusted_proxy_says_what_the_client_knows_of_us(client: str) -> None:
    assert realm(BEHIND_PROXY, request(FORWARDED, client=client)) == "https://registry.example"


def test_a_proxy_may_leave_out_what_it_does_not_change() -> None:
    only_scheme, only_host = ({name: value} for name, value in FORWARDED.items())
    assert realm(BEHIND_PROXY, request(only_scheme, client=PROXY)) == f"https://{HOST}"
    assert realm(BEHIND_PROXY, request(only_host, client=PROXY)) == "http://registry.example"
    assert realm(BEHIND_PROXY, request(client=PROXY)) == f"http://{HOST}"


@pytest.mark.parametrize("client", [STRANGER, "11.0.0.1", "fe80::1", "::ffff:203.0.113.9", None])
def test_forwarded_headers_of_others_are_not_believed(client: str | None) -> None:
    assert realm(BEHIND_PROXY, request(FORWARDED, client=client)) == f"http://{HOST}"


@pytest.mark.parametrize("client", [PROXY, STRANGER, "127.0.0.1", "testclient"])
def test_without_trusted_proxies_nobody_is_believed(client: str) -> None:
    assert realm(PLAIN, request(FORWARDED, client=client)) == f"http://{HOST}"


@pytest.mark.parametrize("scheme", ["javascript", "ftp", 'https" x="', "https\r\nX: y", ""])
def test_a_forwarded_scheme_that_is_none_of_ours_is_taken_for_http(scheme: str) -> None:
    assert realm(BEHIND_PROXY, request({"x-forwarded-proto": scheme}, client=PROXY)) == f"http://{HOST}"


def test_of_several_proxies_the_one_nearest_to_the_client_counts() -> None:
    headers = {"x-forwarded-proto": "HTTPS, http", "x-forwarded-host": "registry.example, inner.example"}
    assert realm(BEHIND_PROXY, request(headers, client=PROXY)) == "https://registry.example"
    assert realm(PLAIN, request({"host": "registry.example,other.example"})) == "http://192.0.2.1:8080"


INJECTIONS = [
    'registry.example",scope="repository:theirs/app:push',
    'registry.example"',
    "registry.example\r\nSet-Cookie: x=y",
    "registry.example\n",
    "registry.example other.example",
    "user@registry.example",
    "registry.example/path",
    "registry.example?query",
    "registry.example#x",
    "registry.example\\x",
    "registry.example:port",
    "registry.example:123456",
    "registry.example:",
    "::1",
    "[::1",
    "[::1]x",
    "[javascript]:80",
    "r\xe9gistry.example",
    "\0",
]


@pytest.mark.parametrize("host", INJECTIONS, ids=ascii)
def test_a_host_that_is_no_host_is_not_repeated(host: str) -> None:
    own = "http://192.0.2.1:8080"
    assert realm(PLAIN, request({"host": host})) == own
    assert realm(BEHIND_PROXY, request({"x-forwarded-host": host}, client=PROXY)) == own


@given(st.text(st.characters(max_codepoint=255)))
def test_no_host_makes_another_challenge_of_it(host: str) -> None:
    header = PLAIN.header(request({"host": host}), "repository:ours/app:pull", SCOPE_MISSING)
    assert re.fullmatch(
        r'Bearer realm="http://([A-Za-z0-9.:\[\]-]+)/v2/token",service="\1"'
        r',scope="repository:ours/app:pull",error="insufficient_scope"',
        header,
    )


def test_without_a_host_the_client_is_sent_to_the_address_that_it_called() -> None:
    assert realm(PLAIN, request({"host": ""})) == "http://192.0.2.1:8080"
    assert realm(PLAIN, request({"host": ""}, server=None)) == "http://localhost"


def test_without_a_host_an_ipv6_address_is_written_as_a_url_needs_it() -> None:
    assert realm(PLAIN, request({"host": ""}, server=("::1", 8080))) == "http://[::1]:8080"


def test_a_client_without_an_ip_address_is_no_proxy() -> None:
    """A front end that is not an HTTP server, such as a test client, names its clients as it likes."""
    assert realm(BEHIND_PROXY, request(FORWARDED, client="testclient")) == f"http://{HOST}"
