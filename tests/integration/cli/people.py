"""A real authorization server with a login page, and a person who logs in there."""

import contextlib
import html
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
from tests.integration.identity.authorization_server import NODE, installed
from tests.integration.server import free_port

SCRIPT = Path(__file__).with_name("login_server") / "server.mjs"
START_DEADLINE = 30.0
RESOURCE = "urn:pierone"


@contextlib.contextmanager
def login_server(token_seconds: int) -> Iterator[str]:
    """Run one whose access tokens last so long; the block gets its issuer."""
    script = installed() / f"login-{free_port()}.mjs"  # imports are looked for beside it
    shutil.copy(SCRIPT, script)
    port, quiet = free_port(), subprocess.DEVNULL
    process = subprocess.Popen([NODE, script, str(port), str(token_seconds)], stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        _wait(process, f"http://127.0.0.1:{port}/jwks")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        script.unlink()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_DEADLINE
    with httpx2.Client(trust_env=False, verify=False) as client:
        while True:
            with contextlib.suppress(httpx2.TransportError):
                if client.get(url).is_success:
                    return
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError("the authorization server does not start")
            time.sleep(0.02)


class Person:
    """Fills in every form of the login page, and goes where it leads; `refuses` the last question if so told."""

    def __init__(self, name: str = "alice", *, refuses: bool = False) -> None:
        """`name` is typed as the user's name."""
        self._name, self._refuses = name, refuses
        self._client = httpx2.Client(trust_env=False, verify=False)

    def visit(self, url: str) -> str:
        """Open a page and answer until nothing more is asked; what the last page says."""
        with self._client:
            response = self._get(url)
            while form := re.search(r"<form[^>]*action=\"([^\"]+)\"[^>]*>(.*?)</form>", response.text, re.DOTALL):
                if self._refuses and (link := re.search(r'href="([^"]*/abort)"', response.text)):
                    return self._get(urljoin(str(response.url), link.group(1))).text
                target = urljoin(str(response.url), html.unescape(form.group(1)))
                response = self._follow(self._client.post(target, data=self._answers(form.group(2), response.text)))
            return response.text

    def _get(self, url: str) -> httpx2.Response:
        return self._follow(self._client.get(url))

    def _follow(self, response: httpx2.Response) -> httpx2.Response:
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["Location"])
            assert urlsplit(target).hostname == "127.0.0.1"
            response = self._client.get(target)
        assert response.status_code in (200, 400), response.text
        return response

    def _answers(self, form: str, page: str) -> dict[str, str]:
        inputs = re.findall(r"<input[^>]*>", form) + re.findall(r"<input[^>]*form=[^>]*>", page)
        fields = {_attribute(text, "name"): _attribute(text, "value") for text in inputs}
        typed = {"login": self._name, "password": "anything"}
        return {name: value or typed.get(name, "") for name, value in fields.items() if name} | (
            {"confirm": "yes"} if "confirm" in page else {}
        )


def _attribute(text: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', text)
    return html.unescape(found.group(1)) if found else ""
