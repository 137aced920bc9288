"""Container clients after `pierone login`: with the helper and with a token in the file."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.pushers import Pusher, docker_pusher, skopeo_pusher, storage_pusher
from tests.integration.cli.stups_world import EMPLOYEE, StupsWorld, stups_world
from tests.integration.clients.client import ClientFailed, find, run
from tests.integration.clients.docker import Docker
from tests.integration.clients.homes import client_home
from tests.integration.clients.images import digest_of, write_image
from tests.integration.clients.registry import Registry

NOT_LOGGED_IN = ("no basic auth credentials", "unauthorized: ")


def make_pusher(name: str, request: pytest.FixtureRequest, home: Home, short: Path) -> Pusher:
    """The client of that name."""
    match name:
        case "docker":
            return docker_pusher(request.getfixturevalue("docker"), home)
        case "podman":
            return storage_pusher("podman", home, short, "--tmpdir", str(short / "tmp"), "--events-backend=none")
        case "buildah":
            return storage_pusher("buildah", home, short)
    return skopeo_pusher(home)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StupsWorld]:
    """The registry with the services of STUPS."""
    with stups_world(tmp_path_factory.mktemp("stups") / "data") as running:
        yield running


@pytest.fixture
def employee(bare_home: Home, world: StupsWorld) -> Home:
    """The home of a member of myteam."""
    bare_home.variables |= {"PIERONE_URL": world.server.url, "OAUTH2_ACCESS_TOKENS": f"pierone={EMPLOYEE}"}
    return bare_home


@pytest.fixture(params=["docker", "podman", "buildah", "skopeo"])
def pusher(request: pytest.FixtureRequest, employee: Home) -> Iterator[Pusher]:
    """Run the test once with each client."""
    with client_home("pierone") as short:
        yield make_pusher(request.param, request, employee, short)


@pytest.mark.parametrize("way", [[], ["--plain"]], ids=["helper", "plain"])
def test_a_client_pushes_and_pulls_after_login(
    pusher: Pusher, employee: Home, world: StupsWorld, way: list[str], tmp_path: Path
) -> None:
    reference = f"{world.server.host}/myteam/{uuid.uuid4().hex}:1.0"
    image = write_image(tmp_path / "image", reference)
    with pytest.raises(ClientFailed) as refused:
        pusher.push(image, reference)
    assert any(sentence in refused.value.output for sentence in NOT_LOGGED_IN)

    assert employee.pierone("login", *way).code == 0
    pusher.push(image, reference)
    pusher.pull(reference)
    held = Registry(auth=("oauth2", EMPLOYEE))
    assert held.content(reference) == image.content
    assert employee.pierone("resolve", reference).out == f"{digest_of(held.manifest(reference))}\n"


def test_a_client_is_refused_where_the_user_is_no_member(
    pusher: Pusher, employee: Home, world: StupsWorld, tmp_path: Path
) -> None:
    reference = f"{world.server.host}/otherteam/{uuid.uuid4().hex}:1.0"
    assert employee.pierone("login").code == 0
    with pytest.raises(ClientFailed) as refused:
        pusher.push(write_image(tmp_path / "image", reference), reference)
    assert "alice may not push" in refused.value.output


def test_docker_keeps_its_own_logins_with_the_helper(docker: Docker, employee: Home, world: StupsWorld) -> None:
    del employee.variables["OAUTH2_ACCESS_TOKENS"]
    employee.docker_config.parent.mkdir()
    employee.docker_config.write_text(json.dumps({"credHelpers": {world.server.host: "pierone"}}))
    environment = {**docker.environment, **employee.environment, "DOCKER_CONFIG": str(employee.docker_config.parent)}
    command = [find("docker", "docker.io"), "login", "--username", "oauth2", "--password-stdin", world.server.host]
    run(command, environment, typed=EMPLOYEE.encode())
    assert EMPLOYEE not in employee.docker_config.read_text()
    assert employee.pierone("whoami", "-o", "json").json[0]["user"] == "alice"

    run([find("docker", "docker.io"), "logout", world.server.host], environment)
    assert EMPLOYEE not in employee.tokens.read_text()
