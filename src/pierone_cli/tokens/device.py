"""The device authorization grant (RFC 8628): the browser may be on another machine."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pierone_cli.errors import ClientError
from pierone_cli.output import say
from pierone_cli.tokens.authorization_server import AuthorizationServer, OAuthRefusal
from pierone_cli.tokens.kept import Kept

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SECONDS_BETWEEN_QUESTIONS = 5.0  # unless the server says otherwise, and how much longer after `slow_down`
_SECONDS_TO_LOG_IN = 600.0


def log_in_on_a_device(server: AuthorizationServer, sleep: Callable[[float], None] = time.sleep) -> Kept:
    """Show a code, and wait until somebody has entered it; raises `ClientError`."""
    started = server.ask("device_authorization_endpoint", server.request_parts())
    _show(started)
    ends = time.monotonic() + float(started.get("expires_in", _SECONDS_TO_LOG_IN))
    pause = float(started.get("interval", _SECONDS_BETWEEN_QUESTIONS))
    while time.monotonic() < ends:
        sleep(pause)
        try:
            return server.tokens({"grant_type": GRANT, "device_code": str(started["device_code"])})
        except OAuthRefusal as refusal:
            pause += _more_patience(refusal)
    raise ClientError("nobody logged in in time; run `pierone login` again")


def _more_patience(refusal: OAuthRefusal) -> float:
    match refusal.code:
        case "authorization_pending":
            return 0.0
        case "slow_down":
            return _SECONDS_BETWEEN_QUESTIONS
        case "access_denied":
            raise ClientError("the login was refused in the browser; run `pierone login` again")
        case "expired_token":
            raise ClientError("the code is no longer valid; run `pierone login` again")
    raise refusal


def _show(started: Mapping[str, Any]) -> None:
    code, address = started["user_code"], started["verification_uri"]
    say(f"Open {started.get('verification_uri_complete', address)} in a browser")
    say(f"and check that it shows the code {code} (if it asks for one, this is it).")
