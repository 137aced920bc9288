"""Every client: log in with static users, push as a member of the team, and be refused otherwise."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from tests.integration.clients.client import Client, ClientFailed
from tests.integration.clients.containerd import Containerd
from tests.integration.clients.images import write_image
from tests.integration.clients.registry import Registry
from tests.integration.server import Server

MEMBER = ("alice", "secret of alice")
OUTSIDER = ("bob", "secret of bob")
TEAMS = {"alice": ["crew"], "bob": ["others"]}
# What docker prints, what podman, buildah and skopeo print, and what `ctr` ends with.
NOT_LOGGED_IN = ("no basic auth credentials", "unauthorized: ", ": 401 Unauthorized")
WRONG_PASSWORD = ("user name or password is wrong", "invalid username/password", "401 Unauthorized")
REGISTRY = Registry(auth=MEMBER)


def static_users() -> str:
    """Return a users file; the hashes are the cheapest that bcrypt makes, to save time."""
    return json.dumps(
        {
            name: {"password": bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode(), "teams": TEAMS[name]}
            for name, password in (MEMBER, OUTSIDER)
        }
    )


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that knows two users."""
    home = tmp_path_factory.mktemp("guarded")
    (home / "users.json").write_text(static_users())
    with Server(home / "data", env={"PIERONE_USERS_FILE": str(home / "users.json")}) as running:
        yield running


@pytest.fixture
def reference(guarded: Server) -> str:
    return f"{guarded.host}/crew/{uuid.uuid4().hex}:1.0"


def test_a_member_pushes_and_anybody_who_is_logged_in_pulls(
    client: Client, guarded: Server, reference: str, tmp_path: Path
) -> None:
    image = write_image(tmp_path / "image", reference)
    client.load(image, reference)
    client.login(guarded.host, *MEMBER)
    digest = client.push(reference).digest
    assert REGISTRY.content(reference) == image.content

    client.forget_everything()
    client.login(guarded.host, *OUTSIDER)
    assert client.pull(reference) == digest
    assert client.content(reference) == image.content


def test_who_is_not_a_member_is_refused_and_reads_why(
    client: Client, guarded: Server, reference: str, tmp_path: Path
) -> None:
    client.load(write_image(tmp_path / "image", reference), reference)
    client.login(guarded.host, *OUTSIDER)
    with pytest.raises(ClientFailed) as refused:
        client.push(reference)
    assert "bob" in refused.value.output
    assert "crew" in refused.value.output


def test_who_is_not_logged_in_can_neither_push_nor_pull(client: Client, reference: str, tmp_path: Path) -> None:
    client.load(write_image(tmp_path / "image", reference), reference)
    client.logout()
    for action in (client.push, client.pull):
        with pytest.raises(ClientFailed) as refused:
            action(reference)
        assert any(sentence in refused.value.output for sentence in NOT_LOGGED_IN)


# `ctr` has no login: every command takes the password, so it is the first push or pull that is refused.
@pytest.mark.parametrize("client", ["docker", "podman", "buildah", "skopeo"], indirect=True)
def test_a_wrong_password_is_refused_at_login(client: Client, guarded: Server) -> None:
    with pytest.raises(ClientFailed) as refused:
        client.login(guarded.host, "alice", "guessed")
    assert any(sentence in refused.value.output for sentence in WRONG_PASSWORD)


def test_containerd_can_neither_push_nor_pull_with_a_wrong_password(
    containerd: Containerd, guarded: Server, reference: str, tmp_path: Path
) -> None:
    containerd.load(write_image(tmp_path / "image", reference), reference)
    containerd.login(guarded.host, "alice", "guessed")
    for action in (containerd.push, containerd.pull):
        with pytest.raises(ClientFailed) as refused:
            action(reference)
        assert ": 401 Unauthorized" in refused.value.output
