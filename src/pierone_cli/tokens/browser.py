"""The authorization code grant with PKCE, and a browser on this machine (RFC 6749 section 4.1, RFC 7636, RFC 8252)."""

import base64
import hashlib
import secrets
import time
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from pierone_cli.errors import ClientError
from pierone_cli.output import say
from pierone_cli.tokens.authorization_server import AuthorizationServer
from pierone_cli.tokens.kept import Kept

_SECONDS_TO_LOG_IN = 300.0
_PATH = "/callback"
_THANKS = b"Logged in. You can close this page and go back to the terminal.\n"
_SORRY = b"The login failed; the terminal says why.\n"


def log_in_with_a_browser(
    server: AuthorizationServer, open_browser: Callable[[str], object] = webbrowser.open, patience: float = 0.0
) -> Kept:
    """Send a browser to the login page, and wait `patience` seconds (300) for it to come back; raises `ClientError`."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with _Callback(state) as callback:
        query = server.request_parts() | {
            "response_type": "code",
            "redirect_uri": callback.address,
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            "prompt": "consent",  # OpenID Connect: without it there is no refresh token
        }
        url = f"{server.endpoint('authorization_endpoint')}?{urlencode(query)}"
        say(f"A browser opens to log you in; if none does, open {url}")
        open_browser(url)
        code = _code(server, callback.wait(patience or _SECONDS_TO_LOG_IN))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback.address}
    return server.tokens(form | {"code_verifier": verifier})


def challenge(verifier: str) -> str:
    """What the server may know before it gets the verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _code(server: AuthorizationServer, answer: dict[str, str]) -> str:
    # RFC 9207: an answer of another server is an attack.
    if answer.get("iss", server.issuer).rstrip("/") != server.issuer:
        raise ClientError("the login came back from another authorization server than it was sent to; nothing is kept")
    if "code" in answer:
        return answer["code"]
    reason = answer.get("error_description") or answer.get("error") or "no code came back"
    raise ClientError(f"the login failed: {' '.join(reason.split())}; run `pierone login` again")


class _Callback(HTTPServer):
    """Waits on this machine for the browser; what has not the right `state` is not ours and is passed over."""

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.timeout = 0.2
        self._state = state
        self.answer: dict[str, str] | None = None
        self.address = f"http://127.0.0.1:{self.server_port}{_PATH}"

    def take(self, target: str) -> bytes:
        """What the browser shows for a request."""
        query = dict(parse_qsl(urlsplit(target).query))
        if urlsplit(target).path != _PATH or not secrets.compare_digest(query.get("state", ""), self._state):
            return _SORRY
        self.answer = query
        return _THANKS if "code" in query else _SORRY

    def wait(self, patience: float) -> dict[str, str]:
        """The parameters that came back."""
        ends = time.monotonic() + patience
        while self.answer is None:
            if time.monotonic() > ends:
                raise ClientError("nobody logged in in time; run `pierone login` again, or `pierone login --device`")
            self.handle_request()
        return self.answer


class _Handler(BaseHTTPRequestHandler):
    server: _Callback
    timeout = 5.0  # a connection that says nothing holds up the login no longer

    def do_GET(self) -> None:
        page = self.server.take(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing: the path has a code."""
