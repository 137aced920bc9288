"""The README's push, line by line, as a newcomer types it."""

import re
from pathlib import Path

import httpx2
import pytest
from tests.integration.clients.client import ClientFailed, run
from tests.integration.clients.docker import Docker
from tests.integration.server import Server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def lines_of_the_push(host: str) -> list[str]:
    """The commands of the first shell block, against `host`."""
    block = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[0]
    return [line.replace("127.0.0.1:8080", host) for line in block.splitlines()]


def test_the_push_of_the_readme_works_and_its_last_line_is_refused(server: Server, docker: Docker) -> None:
    *accepted, refused = lines_of_the_push(server.host)
    for line in accepted:
        run(["bash", "-c", f"cd {ROOT} && {line}"], docker.environment)

    with pytest.raises(ClientFailed) as failure:
        run(["bash", "-c", refused], docker.environment)

    promised = re.search(r"tag 0\.1 of .*", README).group().split("…")  # type: ignore[union-attr]
    assert all(part in failure.value.output for part in promised)
    assert httpx2.get(f"{server.url}/v2/myteam/myapp/tags/list").json()["tags"] == ["0.1"]
