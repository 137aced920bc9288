"""How a person, or a container client, names a registry."""

import pytest

from pierone_cli.address import Address, host_of, parse_address
from pierone_cli.errors import ClientError


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("pierone.example.org", "https://pierone.example.org"),
        ("pierone.example.org/", "https://pierone.example.org"),
        (" pierone.example.org:5000\n", "https://pierone.example.org:5000"),
        ("https://Pierone.example.org/v2/", "https://pierone.example.org"),
        ("https://example.org/registry/v1", "https://example.org/registry"),
        ("http://pierone.example.org", "http://pierone.example.org"),
        ("localhost", "http://localhost"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("127.3.2.1", "http://127.3.2.1"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("https://127.0.0.1:8080", "https://127.0.0.1:8080"),
    ],
)
def test_the_scheme_is_https_but_on_this_machine(written: str, url: str) -> None:
    assert parse_address(written).url == url


def test_the_host_has_the_port_and_no_path() -> None:
    assert parse_address("https://Example.org:443/registry") == Address(
        "https://example.org:443/registry", "example.org:443"
    )


@pytest.mark.parametrize(
    "written",
    ["", "https://", "ftp://a", "a:port", "a:99999", "https://[::1", "[x]"],
)
def test_what_is_no_registry_is_refused_in_a_sentence(written: str) -> None:
    with pytest.raises(ClientError, match="is no registry; write its host"):
        parse_address(written)


@pytest.mark.parametrize(
    ("server_url", "host"),
    [
        ("https://index.docker.io/v1/", "index.docker.io"),
        ("pierone.example.org", "pierone.example.org"),
        ("PierOne.example.org:5000", "pierone.example.org:5000"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("pierone.example.org/team/app", "pierone.example.org"),
        ("\tpierone.example.org\n", "pierone.example.org"),
    ],
)
def test_container_clients_name_a_host_in_many_ways(server_url: str, host: str) -> None:
    assert host_of(server_url) == host
