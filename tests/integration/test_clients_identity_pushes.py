"""Real pushes under OAuth that outlive their token, or that mount what another repository has."""

import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.clients.client import Client, ClientFailed, Pushed
from tests.integration.clients.docker import Docker
from tests.integration.clients.images import LARGE_FILE_BYTES, Image, write_image
from tests.integration.clients.registry import Registry
from tests.integration.clients.skopeo import Skopeo
from tests.integration.clients.wire import Wire
from tests.integration.identity.stups import token_facts, tokeninfo
from tests.integration.identity_facts import TOKENS, basic
from tests.integration.identity_world import World, searched
from tests.integration.survival.waiting import wait_until

REGISTRY = Registry(auth=("oauth2", "t0ken-of-alice"))
FINISH = re.compile(rb"PUT /v2/\S+/blobs/uploads/\S+ HTTP/1.1\r\n")
AUTHORIZATION = re.compile(rb"(?m)^Authorization: .*\r\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("pushes")))


@pytest.fixture(scope="module")
def basic_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("basic"), PIERONE_CHALLENGE="basic"))


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return write_image(tmp_path / "image", uuid.uuid4().hex)


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    with Wire(world.server.port) as wire:
        yield wire


@pytest.fixture
def basic_wire(basic_world: World) -> Iterator[Wire]:
    with Wire(basic_world.server.port) as wire:
        yield wire


def log_in_for_a_second(client: Client, wire: Wire, world: World) -> Callable[[], None]:
    """Log in with a token of alice's that ends soon; return what waits until the registry says that it ended."""
    token = f"t0ken-of-a-second-{uuid.uuid4()}"
    world.tokeninfo.answer = tokeninfo(TOKENS | {token: token_facts("alice", "/employees", expires_in=1)})
    client.logout()
    client.login(wire.host, "oauth2", token)

    def wait_for_its_end() -> None:
        world.tokeninfo.answer = tokeninfo(TOKENS)
        ended = basic("oauth2", token)
        wait_until(lambda: world.ask("GET", "/v2/", ended).status_code == 401, "the token ends")

    return wait_for_its_end


def while_a_layer_streams(push: Callable[[], Pushed], wire: Wire, event: Callable[[], None]) -> Future[Pushed]:
    """Push, and let something happen when a part of a layer was sent and the rest was not."""
    wire.hold()
    with ThreadPoolExecutor(1) as threads:
        pushing = threads.submit(push)
        try:
            wire.wait_until_held()
            event()
            assert not pushing.done()
        finally:
            wire.release()
    return pushing


def new_reference(client: Client, wire: Wire, image: Image) -> str:
    reference = f"{wire.host}/myteam/{uuid.uuid4().hex}:1.0"
    client.load(image, reference)
    return reference


@pytest.mark.parametrize("client", ["docker", "podman", "buildah", "skopeo"], indirect=True)
def test_a_push_finishes_although_the_token_ends_while_a_layer_streams(
    client: Client, world: World, wire: Wire, image: Image
) -> None:
    reference = new_reference(client, wire, image)
    wait_for_its_end = log_in_for_a_second(client, wire, world)
    while_a_layer_streams(lambda: client.push(reference), wire, wait_for_its_end).result()
    assert REGISTRY.content(reference) == image.content


@pytest.mark.parametrize("client", ["docker", "skopeo"], indirect=True)
def test_a_push_finishes_although_the_registrys_own_token_ends_while_a_layer_streams(
    client: Client, world: World, wire: Wire, image: Image
) -> None:
    reference = new_reference(client, wire, image)
    client.logout()
    client.login(wire.host, "oauth2", "t0ken-of-alice")
    ended = b"Authorization: Bearer %s\r\n" % world.old_token("alice", reference.split("/", 1)[1][:-4]).encode()
    altered = []

    def show_the_ended_token(piece: bytes) -> bytes:
        if not FINISH.match(piece):
            return piece
        altered.append(piece)
        return AUTHORIZATION.sub(ended, piece)

    def tokens_end() -> None:
        wire.alter = show_the_ended_token

    while_a_layer_streams(lambda: client.push(reference), wire, tokens_end).result()
    assert len(altered) >= 1
    assert all(b"pass=" in piece for piece in altered)
    assert REGISTRY.content(reference) == image.content


# docker asks for the layer once more before it believes that it arrived, and is refused already then.
def test_without_tokens_of_the_registry_the_layer_arrives_and_the_next_push_finds_it(
    skopeo: Skopeo, basic_world: World, basic_wire: Wire, image: Image
) -> None:
    wire, reference = basic_wire, new_reference(skopeo, basic_wire, image)
    wait_for_its_end = log_in_for_a_second(skopeo, wire, basic_world)
    pushing = while_a_layer_streams(lambda: skopeo.push(reference), wire, wait_for_its_end)
    with pytest.raises(ClientFailed, match="unauthorized"):  # what comes after the layer is judged anew
        pushing.result()
    skopeo.login(wire.host, "oauth2", "t0ken-of-alice")
    before = wire.sent
    skopeo.push(reference)
    assert wire.sent - before < LARGE_FILE_BYTES
    assert REGISTRY.content(reference) == image.content


def test_docker_mounts_the_layers_of_another_repository(docker: Docker, world: World, wire: Wire, image: Image) -> None:
    first, second = (new_reference(docker, wire, image) for _ in range(2))
    docker.logout()
    docker.login(wire.host, "oauth2", "t0ken-of-alice")
    under_way = world.uploads()
    docker.push(first)
    assert wire.sent > LARGE_FILE_BYTES
    before = wire.sent
    pushed = docker.push(second)
    assert pushed.output.count(docker.mounted) == len(image.content.layers)
    assert wire.sent - before < LARGE_FILE_BYTES
    assert REGISTRY.content(second) == image.content
    assert world.uploads() == under_way
