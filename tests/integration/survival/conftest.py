"""Data directories and servers that leave nothing behind: these tests write gigabytes."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.content import Image, make_image
from tests.integration.survival.registry import Registry


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Name a data directory, and remove it when the test is over."""
    path = tmp_path / "data"
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    """Start a server in open mode with an empty data directory of its own."""
    with Server(data_dir) as running:
        yield running


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server for all tests of a module; tag `edge` may move."""
    path = tmp_path_factory.mktemp("lasting") / "data"
    with Server(path, env={"PIERONE_MUTABLE_TAGS": '["*:edge"]'}) as running:
        yield running
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def lasting_server(module_server: Server) -> Server:
    """Give the server of the module, started again if the test before has left it dead."""
    if module_server.process is None or module_server.process.poll() is not None:
        module_server.start()
    return module_server


@pytest.fixture
def registry(server: Server) -> Iterator[Registry]:
    """Connect a client to the server."""
    with Registry(server) as connected:
        yield connected


@pytest.fixture
def repository() -> str:
    """Name a repository that nobody has used yet."""
    return f"team/{uuid.uuid4().hex}"


@pytest.fixture
def stored(registry: Registry, repository: str, random: Random) -> Image:
    """Push an image under tag `stored` before anything goes wrong."""
    image = make_image(random, 300_000)
    registry.push(repository, "stored", image)
    return image
