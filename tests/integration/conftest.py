"""Servers and real clients for the integration tests."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random, getrandbits

import pytest
from tests.integration.clients.buildah import Buildah
from tests.integration.clients.client import Client
from tests.integration.clients.containerd import Containerd
from tests.integration.clients.containerd_daemon import ContainerdDaemon
from tests.integration.clients.docker import Docker
from tests.integration.clients.dockerd import Dockerd
from tests.integration.clients.homes import client_home
from tests.integration.clients.podman import Podman
from tests.integration.clients.skopeo import Skopeo
from tests.integration.oci import Repository, connect
from tests.integration.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start a server in open mode with an empty data directory of its own."""
    with Server(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start one server in open mode for many tests, each of which uses repository names of its own."""
    with Server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture
def repo(shared_server: Server) -> Iterator[Repository]:
    """Connect to a repository that nobody used yet."""
    with connect(shared_server.url) as api:
        yield Repository(api)


@pytest.fixture
def random() -> Random:
    """Make a source of random content; `--randomly-seed` repeats a run."""
    return Random(getrandbits(32))  # noqa: S311 - content for tests, not secrets


@pytest.fixture
def repository(shared_server: Server) -> str:
    """Name a repository that nobody used yet, as clients write it: `host/team/artifact`."""
    return f"{shared_server.host}/team/{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """Start a daemon and give docker a configuration of its own."""
    with client_home("docker") as home, Dockerd(home) as daemon:
        yield Docker(home, daemon)


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """Give podman a storage of its own."""
    with client_home("podman") as home:
        yield Podman(home)


@pytest.fixture(scope="session")
def buildah() -> Iterator[Buildah]:
    """Give buildah a storage of its own."""
    with client_home("buildah") as home:
        yield Buildah(home)


@pytest.fixture(scope="session")
def skopeo() -> Iterator[Skopeo]:
    """Give skopeo a directory of layouts of its own."""
    with client_home("skopeo") as home:
        yield Skopeo(home)


@pytest.fixture(scope="session")
def containerd() -> Iterator[Containerd]:
    """Start a daemon for `ctr`."""
    with client_home("containerd") as home, ContainerdDaemon(home) as daemon:
        yield Containerd(home, daemon)


@pytest.fixture(params=["docker", "podman", "buildah", "skopeo", "containerd"])
def client(request: pytest.FixtureRequest) -> Client:
    """Run the test once with each client."""
    chosen: Client = request.getfixturevalue(request.param)
    return chosen
