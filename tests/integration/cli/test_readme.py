"""The examples of the README, line by line: an employee, and a CI/CD pipeline with a service user."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.stups_world import APPLICATION, CLIENT, EMPLOYEE, StupsWorld, stups_world
from tests.integration.clients.client import ClientFailed, run
from tests.integration.clients.docker import Docker
from tests.integration.clients.images import write_image

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
SECTION = README.partition("## The command line")[2].partition("\n## ")[0]
EMPLOYEES, PIPELINE = re.findall(r"^```sh\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
TOKEN_URL = "https://token.services.example.org/oauth2/access_token"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StupsWorld]:
    """The registry with the services of STUPS."""
    with stups_world(tmp_path_factory.mktemp("readme") / "data") as running:
        yield running


@pytest.fixture
def environment(bare_home: Home, docker: Docker) -> dict[str, str]:
    """The shell of whoever follows the README."""
    return {**docker.environment, **bare_home.environment, "DOCKER_CONFIG": str(bare_home.docker_config.parent)}


def shell(script: str, environment: dict[str, str]) -> str:
    return run(["bash", "-euc", f"cd {ROOT}; {script}"], environment)


def test_what_the_readme_shows_to_employees_works(environment: dict[str, str], world: StupsWorld) -> None:
    environment["OAUTH2_ACCESS_TOKENS"] = f"pierone={EMPLOYEE}"
    printed = shell(EMPLOYEES.replace("pierone.example.org", world.server.host), environment)
    end = printed.splitlines()
    assert end[-3] == "0.1"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", end[-2])
    assert end[-1] == "0.1 is there"
    assert re.search(r"^myteam +myapp$", printed, re.MULTILINE)


def test_the_pipeline_of_the_readme_pushes_and_cannot_push_another_image_to_its_tag(
    environment: dict[str, str], world: StupsWorld, docker: Docker, tmp_path: Path
) -> None:
    credentials = tmp_path / "meta/credentials"
    credentials.mkdir(parents=True)
    (credentials / "user.json").write_text(json.dumps(APPLICATION))
    (credentials / "client.json").write_text(json.dumps(CLIENT))
    script = PIPELINE.replace("pierone.example.org", world.server.host)
    script = script.replace(TOKEN_URL, world.token_url).replace("/meta/credentials", str(credentials))
    environment["BUILD_NUMBER"] = "42"
    reference = f"{world.server.host}/myteam/myartifact:cd42"

    docker.load(write_image(tmp_path / "image", "first"), reference)
    assert shell(script, environment).splitlines()[-1] == "cd42"

    docker.load(write_image(tmp_path / "other", "second"), reference)
    with pytest.raises(ClientFailed) as refused:
        shell(script, environment)
    promised = re.search(r"^    (tag cd42 of .*)$", SECTION, re.MULTILINE)
    assert promised is not None
    assert all(part in refused.value.output for part in promised.group(1).split("…"))
