"""The field value of Host: what RFC 3986 section 3.2.2 calls a host, perhaps with a port (RFC 9112 section 3.2)."""

import pytest

from pierone_http.errors import HttpInvalid
from pierone_http.request_head import check_head

HOSTS = [
    *("", " registry ", "registry", "registry:5000", "REGISTRY.Example.org.", "127.0.0.1:8080", "registry:", ":5000"),
    *("[::1]", "[::1]:5000", "[fe80::1%25eth0]:80", "[v1.fe80:a+b]"),
    *("team_a.internal", "xn--bcher-kva.example", "b%C3%BCcher.example", "a!$&'()*+,;=~b"),
]
NO_HOSTS = [
    *("a b", "a\tb", "a/b", "a?b", "a#b", "a\\b", "a@b", 'a"b', "<a>", "a|b", "{a}", "a^b", "a`b", "b\xfccher"),
    *("http://a", "a:b", "a:-1", "a:1:2", "::1", "[::1", "[]", "[::1]a", "[a/b]"),
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_whatever_names_a_host_is_accepted(host: str, version: str) -> None:
    check_head(b"/v2/", version, [(b"host", host.encode())])


@pytest.mark.parametrize("host", NO_HOSTS, ids=ascii)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_whatever_names_none_is_refused(host: str, version: str) -> None:
    with pytest.raises(HttpInvalid, match="Host header"):
        check_head(b"/v2/", version, [(b"host", host.encode("latin-1"))])
