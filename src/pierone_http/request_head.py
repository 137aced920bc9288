"""What the head of a request must be, beyond what the parser sees to."""

import re

from pierone_http.errors import HttpInvalid, TargetTooLong

# The parser of URLs counts in 16 bits.
TARGET_MAX_BYTES = (1 << 16) - 1
_HOSTS_NEEDED = {"1.1": 1, "1.0": 0}
# RFC 3986 section 3.2.2, but for the order of what stands in brackets or behind "%". It may be empty.
HOST = re.compile(rb"(\[[\w.~!$&'()*+,;=%:-]+\]|[\w.~!$&'()*+,;=%-]*)(:[0-9]*)?")
Headers = list[tuple[bytes, bytes]]


def check_head(target: bytes, version: str, headers: Headers) -> None:
    """Refuse what the parser lets pass and others may read in another way (RFC 9112 sections 2.3, 3.2, 6.1)."""
    if len(target) > TARGET_MAX_BYTES:
        raise TargetTooLong(f"the target of a request may have {TARGET_MAX_BYTES} bytes; ask for less at once")
    if version not in _HOSTS_NEEDED:
        raise HttpInvalid("the registry speaks HTTP/1.1 and 1.0 only")
    hosts = _values(headers, b"host")
    if not _HOSTS_NEEDED[version] <= len(hosts) <= 1 or not all(map(HOST.fullmatch, hosts)):
        raise HttpInvalid("a request needs one Host header, which names a host and perhaps a port")
    codings = _values(headers, b"transfer-encoding")
    if codings and (version, codings) != ("1.1", [b"chunked"]):
        raise HttpInvalid("the registry knows no transfer coding but chunked; send the body without any")


def has_body(headers: Headers) -> bool:
    """Whether the head of a request tells that a body follows."""
    lengths = _values(headers, b"content-length")
    return bool(_values(headers, b"transfer-encoding")) or any(length.strip(b"0 ") for length in lengths)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value.strip().lower() for key, value in headers if key == name]
