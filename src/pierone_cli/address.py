"""Where a registry is: as a URL for requests, and as `host[:port]`, the front of an image reference."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pierone_cli.errors import ClientError

_SCHEMES = ("http", "https")
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Address:
    """`url` has no slash at its end; `host` is what container clients keep credentials under."""

    url: str
    host: str


def parse_address(text: str) -> Address:
    """Read what a person writes for a registry; raises `ClientError`.

    Without a scheme it is https, on this machine's own addresses http: the same as container clients do.
    """
    written = text.strip()
    if "://" not in written:
        written = f"{'http' if _is_loopback(written) else 'https'}://{written}"
    if "@" in written:  # the text has a password, and is not shown
        raise ClientError("a registry is named without a user and a password; `docker login` asks for them")
    parts = _split(written)
    if parts.scheme not in _SCHEMES or not _HOST.fullmatch(parts.netloc):
        raise ClientError(f"{text!r} is no registry; write its host, such as pierone.example.org, or its URL")
    path = re.sub(r"/v[12]/*$", "", parts.path).rstrip("/")
    return Address(f"{parts.scheme}://{parts.netloc.lower()}{path}", parts.netloc.lower())


def host_of(server_url: str) -> str:
    """`host[:port]` of any form in which container clients name a registry."""
    return server_url.strip().partition("://")[2].partition("/")[0].lower() or server_url.strip().split("/")[0].lower()


def _split(written: str) -> SplitResult:
    try:
        parts = urlsplit(written)
        _ = parts.port  # a port that is none is found out only here
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _is_loopback(written: str) -> bool:
    try:
        return ipaddress.ip_address(urlsplit(f"//{written}").hostname or "").is_loopback
    except ValueError:  # a name, or nothing that can be read
        return re.split("[:/]", written)[0].lower() == "localhost"
