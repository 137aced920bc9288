"""People log in at an authorization server, with whichever browser they have."""

import os
import sys

from pierone_cli.configuration import read_configuration
from pierone_cli.tokens.authorization_server import AuthorizationServer
from pierone_cli.tokens.browser import log_in_with_a_browser
from pierone_cli.tokens.device import log_in_on_a_device
from pierone_cli.tokens.kept import Kept
from pierone_cli.web import Web


def ask_a_person(*, device: bool) -> Kept:
    """Tokens of whoever logs in now; `device`: with a browser on another machine. Raises `ClientError`."""
    with Web() as web:
        server = AuthorizationServer(read_configuration(), web)
        if device or (not _has_browser() and server.supports("device_authorization_endpoint")):
            return log_in_on_a_device(server)
        return log_in_with_a_browser(server)


def _has_browser() -> bool:
    on_a_desktop = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return bool(os.environ.get("BROWSER")) or (on_a_desktop and not os.environ.get("SSH_CONNECTION"))
