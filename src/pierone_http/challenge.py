"""What a caller without (enough) authority is told: where to get a token, and for which scope.

Grammar: Docker registry token authentication, "How to authenticate"; RFC 6750 section 3.
"""

import ipaddress
import re
from collections.abc import Sequence

from starlette.requests import Request

from pierone_core.errors import ScopeMissing, Unauthorized

REALM = "Pier One"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Challenges:
    """Makes WWW-Authenticate headers."""

    def __init__(self, *, basic: bool, trusted_proxies: Sequence[Network]) -> None:
        """`basic`: ask for a password only; `trusted_proxies`: whose X-Forwarded-* headers are believed."""
        self._basic, self._trusted = basic, trusted_proxies

    def header(self, request: Request, scope: str, error: Unauthorized) -> str:
        """The challenge for a request that needs `scope` (empty: none)."""
        if self._basic:
            return f'Basic realm="{REALM}"'
        scheme, host = self._address(request)
        parts = [f'realm="{scheme}://{host}/v2/token"', f'service="{host}"']
        parts += [f'scope="{scope}"'] if scope else []
        parts += ['error="insufficient_scope"'] if isinstance(error, ScopeMissing) else []
        return f"Bearer {','.join(parts)}"

    def _address(self, request: Request) -> tuple[str, str]:
        """Scheme and host as the client knows them."""
        scheme, host = request.scope["scheme"], request.headers.get("host", "")
        if self._is_trusted(request):
            scheme = _first(request, "x-forwarded-proto", scheme).lower()
            host = _first(request, "x-forwarded-host", host)
        if not _HOST.fullmatch(host):  # it goes into a header
            host = _own_address(request)
        return "https" if scheme == "https" else "http", host

    def _is_trusted(self, request: Request) -> bool:
        if not self._trusted or request.client is None:
            return False
        try:
            address = ipaddress.ip_address(request.client.host)
        except ValueError:  # no IP connection
            return False
        return any(address in network for network in self._trusted)


def _first(request: Request, header: str, default: str) -> str:
    """What the proxy nearest to the client says; each one further in appends its own."""
    return request.headers.get(header, default).partition(",")[0].strip(" \t")


def _own_address(request: Request) -> str:
    host, port = request.scope.get("server") or ("localhost", None)
    written = f"[{host}]" if ":" in host else host
    return f"{written}:{port}" if port else written
