"""Real clients under OAuth: who may push and pull, and what the others read on their terminals."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.clients.client import Client, ClientFailed
from tests.integration.clients.images import Image, digest_of, write_image
from tests.integration.clients.registry import Registry
from tests.integration.identity.stups import token_facts, tokeninfo
from tests.integration.identity_facts import ALICE, TOKENS, basic
from tests.integration.identity_world import World, searched
from tests.integration.survival.waiting import wait_until

CLIENTS = ["docker", "podman", "buildah", "skopeo"]
REGISTRY = Registry(auth=("oauth2", "t0ken-of-alice"))
ALLOWED = {"a member": "alice", "a service of the team": "kio", "a service that may write everywhere": "ci"}
REFUSED = {
    "bob": "bob may not push to myteam/...: not a member of team myteam; ask that team for membership",
    "kio-reader": "service user stups_kio may not push: its token has neither scope application.write nor",
    "else": "service user stups_else may not push to myteam/...: its application belongs to team other in Kio",
    "old": "service user stups_old may not push to myteam/...: its application belongs to team myteam and is not",
    "unknown": "service user stups_unknown may not push to myteam/...: its application is not registered in Kio",
    "customer": "eve may not push: realm customers may only pull",
}
LOG_IN = "log in to use this registry: docker login <registry>"
LOG_IN_TO_PUSH = "log in to push to"
EXPIRED = "the access token is not valid or has expired; get a new one and log in again"
# podman, buildah and skopeo have a sentence of their own for every login that is refused, and show no other.
LOGIN_REFUSED = {"docker": EXPIRED}
PASSWORD_IS_WRONG = "invalid username/password"
# What clients say without asking when they have no password to send: the registry's sentence is not shown.
NO_PASSWORD = {"docker": "no basic auth credentials"}
UNAUTHORIZED = "unauthorized: "
LOGIN_REFUSED_WITHOUT_TOKENS = {"docker": "401 Unauthorized"}

pytestmark = pytest.mark.parametrize("client", CLIENTS, indirect=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("clients")))


@pytest.fixture(scope="module")
def public_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("public"), PIERONE_PUBLIC_READ="True"))


@pytest.fixture(scope="module")
def basic_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("basic"), PIERONE_CHALLENGE="basic"))


@pytest.fixture
def name(request: pytest.FixtureRequest, client: Client) -> str:
    """Name the client, which begins without any login."""
    client.logout()
    return str(request.node.callspec.params["client"])


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return write_image(tmp_path / "image", uuid.uuid4().hex)


def load(client: Client, world: World, image: Image) -> str:
    """Name the image after a repository of myteam that nobody used yet."""
    reference = f"{world.server.host}/myteam/{uuid.uuid4().hex}:1.0"
    client.load(image, reference)
    return reference


def log_in(client: Client, world: World, who: str) -> None:
    client.login(world.server.host, "oauth2", f"t0ken-of-{who}")


def is_known(world: World, reference: str) -> bool:
    """Whether anything was ever pushed to the repository."""
    _, _, repository = reference.rpartition(":")[0].partition("/")
    return world.ask("GET", f"/v2/{repository}/tags/list", ALICE).status_code == 200


@pytest.mark.usefixtures("name")
def test_whoever_may_push_pushes_and_whoever_is_known_pulls(client: Client, world: World, image: Image) -> None:
    reference = ""
    for who in ALLOWED.values():
        reference = load(client, world, image)
        log_in(client, world, who)
        client.push(reference)
        assert REGISTRY.content(reference) == image.content
    log_in(client, world, "bob")
    with pytest.raises(ClientFailed) as refused:
        client.push(reference)  # although there is nothing to send
    assert f"denied: {REFUSED['bob']}" in refused.value.output
    client.forget_everything()
    assert client.pull(reference) == digest_of(REGISTRY.manifest(reference))
    assert client.content(reference) == image.content


@pytest.mark.usefixtures("name")
def test_whoever_may_not_push_reads_why_and_leaves_nothing(client: Client, world: World, image: Image) -> None:
    reference = load(client, world, image)
    for who, reason in REFUSED.items():
        log_in(client, world, who)
        with pytest.raises(ClientFailed) as refused:
            client.push(reference)
        assert f"denied: {reason}" in refused.value.output
    assert not is_known(world, reference)


def test_a_token_that_is_good_no_more_is_refused_at_login(client: Client, world: World, name: str) -> None:
    for token in ("t0ken-that-ended", "t0ken-that-nobody-issued"):
        with pytest.raises(ClientFailed) as refused:
            client.login(world.server.host, "oauth2", token)
        assert LOGIN_REFUSED.get(name, PASSWORD_IS_WRONG) in refused.value.output


@pytest.mark.usefixtures("name")
def test_whoever_logged_in_with_a_token_that_ended_since_is_told_so(client: Client, world: World, image: Image) -> None:
    reference, token = load(client, world, image), f"t0ken-of-an-hour-{uuid.uuid4()}"
    world.tokeninfo.answer = tokeninfo(TOKENS | {token: token_facts("alice", "/employees", expires_in=1)})
    client.login(world.server.host, "oauth2", token)
    world.tokeninfo.answer = tokeninfo(TOKENS)
    wait_until(lambda: world.ask("GET", "/v2/", basic("oauth2", token)).status_code == 401, "the token ends")
    for action in (client.push, client.pull):
        with pytest.raises(ClientFailed) as refused:
            action(reference)
        assert EXPIRED in refused.value.output


@pytest.mark.usefixtures("name")
def test_who_is_not_logged_in_is_told_to_log_in(client: Client, world: World, image: Image) -> None:
    reference = load(client, world, image)
    for action in (client.push, client.pull):
        with pytest.raises(ClientFailed) as refused:
            action(reference)
        assert LOG_IN in refused.value.output


@pytest.mark.usefixtures("name")
def test_with_public_read_anybody_pulls_and_nobody_pushes_without_login(
    client: Client, public_world: World, image: Image
) -> None:
    reference, other = load(client, public_world, image), load(client, public_world, image)
    log_in(client, public_world, "alice")
    digest = client.push(reference).digest
    client.logout()
    with pytest.raises(ClientFailed) as refused:
        client.push(other)
    assert LOG_IN_TO_PUSH in refused.value.output or LOG_IN in refused.value.output
    assert not is_known(public_world, other)
    client.forget_everything()
    assert client.pull(reference) == digest
    assert client.content(reference) == image.content


def test_a_registry_that_asks_for_a_password_each_time_serves_every_client(
    client: Client, basic_world: World, image: Image, name: str
) -> None:
    reference = load(client, basic_world, image)
    with pytest.raises(ClientFailed) as refused:
        client.push(reference)
    assert NO_PASSWORD.get(name, UNAUTHORIZED) in refused.value.output
    with pytest.raises(ClientFailed) as refused:
        client.login(basic_world.server.host, "oauth2", "t0ken-that-ended")
    assert LOGIN_REFUSED_WITHOUT_TOKENS.get(name, PASSWORD_IS_WRONG) in refused.value.output
    for who in ("bob", "else"):
        log_in(client, basic_world, who)
        with pytest.raises(ClientFailed) as refused:
            client.push(reference)
        assert f"denied: {REFUSED[who]}" in refused.value.output
    log_in(client, basic_world, "kio")
    digest = client.push(reference).digest
    client.forget_everything()
    log_in(client, basic_world, "bob")
    assert client.pull(reference) == digest
    assert client.content(reference) == image.content
