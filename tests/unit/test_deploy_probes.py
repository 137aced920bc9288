"""Every path that something in `deploy/` asks about the server's health is answered."""

import re

from starlette.testclient import TestClient
from tests.unit.deploy_files import DEPLOY

from pierone_http.container import Container
from pierone_http.settings import Settings

FILES = [*DEPLOY.glob("*.yaml"), *DEPLOY.glob("kubernetes/*.yaml"), DEPLOY / "Containerfile"]
PATHS = {path for file in FILES for path in re.findall(r"/\.well-known/\w+", file.read_text())}


def test_there_are_probes_of_life_and_of_readiness() -> None:
    assert len(PATHS) == 2


def test_a_healthy_server_answers_each_probe() -> None:
    with TestClient(Container(settings=Settings(storage="memory")).app()) as client:
        assert {path: client.get(path).status_code for path in PATHS} == dict.fromkeys(PATHS, 200)
