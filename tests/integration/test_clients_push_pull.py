"""Every client: push, pull back bit for bit, push again, and find that a tag does not move."""

import re
from pathlib import Path

import pytest
from tests.integration.clients.client import Client, ClientFailed
from tests.integration.clients.images import digest_of, write_image
from tests.integration.clients.registry import Registry

REGISTRY = Registry()


def test_what_is_pushed_is_stored_and_pulled_bit_for_bit(client: Client, repository: str, tmp_path: Path) -> None:
    image, reference = write_image(tmp_path / "image", repository), f"{repository}:1.0"
    client.load(image, reference)
    pushed = client.push(reference)
    assert digest_of(REGISTRY.manifest(reference)) == pushed.digest
    assert REGISTRY.content(reference) == image.content

    client.forget_everything()
    assert client.pull(reference) == pushed.digest
    assert client.content(reference) == image.content


def test_an_image_is_pulled_by_its_digest(client: Client, repository: str, tmp_path: Path) -> None:
    image, reference = write_image(tmp_path / "image", repository), f"{repository}:1.0"
    client.load(image, reference)
    digest = client.push(reference).digest

    client.forget_everything()
    pinned = f"{repository}@{digest}"
    assert client.pull(pinned) == digest
    assert client.content(pinned) == image.content


def test_a_second_push_of_the_same_image_succeeds(client: Client, repository: str, tmp_path: Path) -> None:
    reference = f"{repository}:1.0"
    client.load(write_image(tmp_path / "image", repository), reference)
    first, second = client.push(reference), client.push(reference)
    assert second.digest == first.digest
    assert digest_of(REGISTRY.manifest(reference)) == first.digest


def test_a_push_of_another_image_to_the_same_tag_is_refused_and_says_why(
    client: Client, repository: str, tmp_path: Path
) -> None:
    first, reference = write_image(tmp_path / "first", "first" + repository), f"{repository}:1.0"
    client.load(first, reference)
    holder = client.push(reference).digest

    client.load(write_image(tmp_path / "second", "second" + repository), reference)
    with pytest.raises(ClientFailed) as refused:
        client.push(reference)
    assert "is immutable" in refused.value.output
    assert holder in refused.value.output

    client.forget_everything()
    assert digest_of(REGISTRY.manifest(reference)) == holder
    assert client.pull(reference) == holder
    assert client.content(reference) == first.content


def test_latest_cannot_be_pushed_and_the_user_reads_why(client: Client, repository: str, tmp_path: Path) -> None:
    client.load(write_image(tmp_path / "image", repository), f"{repository}:latest")
    with pytest.raises(ClientFailed) as refused:
        client.push(f"{repository}:latest")
    assert "tag latest cannot be pushed" in refused.value.output


def test_a_pull_without_a_tag_gives_the_newest_tag(client: Client, repository: str, tmp_path: Path) -> None:
    older = write_image(tmp_path / "older", "older" + repository)
    newer = write_image(tmp_path / "newer", "newer" + repository)
    client.load(older, f"{repository}:b-older")
    client.push(f"{repository}:b-older")
    client.load(newer, f"{repository}:a-newer")
    digest = client.push(f"{repository}:a-newer").digest

    client.forget_everything()
    assert client.pull(repository) == digest
    assert client.content(f"{repository}:latest") == newer.content


def test_layers_are_mounted_into_a_second_repository_and_pulled_from_there(
    client: Client, repository: str, tmp_path: Path
) -> None:
    image, first, second = (
        write_image(tmp_path / "image", repository),
        f"{repository}:1.0",
        f"{repository}/copy:1.0",
    )
    client.load(image, first)
    client.push(first)
    client.pull(first)  # containerd asks to mount only what it has pulled
    client.load(image, second)
    pushed = client.push(second, debug=True)
    assert re.search(client.mounted, pushed.output)

    client.forget_everything()
    assert client.pull(second) == pushed.digest
    assert client.content(second) == image.content
