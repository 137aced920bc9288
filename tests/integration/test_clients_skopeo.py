"""What skopeo does besides copying: list, inspect, sync and (try to) delete."""

import json
from pathlib import Path

import pytest
from tests.integration.clients.client import ClientFailed
from tests.integration.clients.images import Image, digest_of, write_image
from tests.integration.clients.registry import Registry
from tests.integration.clients.skopeo import Skopeo

REGISTRY = Registry()
INSECURE = "--tls-verify=false"


@pytest.fixture
def image(skopeo: Skopeo, repository: str, tmp_path: Path) -> Image:
    """Push an image as `1.0`, `1.1` and `2.0`."""
    written = write_image(tmp_path / "image", repository)
    for tag in ("1.0", "2.0", "1.1"):
        skopeo.copy_to(written.source, f"{repository}:{tag}")
    return written


@pytest.mark.usefixtures("image")
def test_the_tags_of_a_repository_are_listed(skopeo: Skopeo, repository: str) -> None:
    listed = json.loads(skopeo.run("list-tags", INSECURE, f"docker://{repository}"))
    assert listed == {"Repository": repository, "Tags": ["1.0", "1.1", "2.0"]}


def test_an_image_is_inspected_without_being_pulled(skopeo: Skopeo, repository: str, image: Image) -> None:
    inspected = json.loads(skopeo.run("inspect", INSECURE, f"docker://{repository}:1.0"))
    assert inspected["Name"] == repository
    assert inspected["Digest"] == image.digest
    assert inspected["RepoTags"] == ["1.0", "1.1", "2.0"]
    config = skopeo.run("inspect", INSECURE, "--config", "--raw", f"docker://{repository}:1.0")
    assert config.encode() == image.content.config


@pytest.mark.usefixtures("image")
def test_a_whole_repository_is_copied_with_sync(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    skopeo.run("sync", "--src-tls-verify=false", "--src=docker", "--dest=dir", repository, str(tmp_path / "mirror"))
    mirrored = {path.parent.name: path.read_bytes() for path in tmp_path.glob("mirror/**/manifest.json")}
    artifact = repository.rpartition("/")[2]
    assert mirrored == {f"{artifact}:{tag}": REGISTRY.manifest(f"{repository}:{tag}") for tag in ("1.0", "1.1", "2.0")}


def test_nothing_can_be_deleted_and_the_user_reads_why(skopeo: Skopeo, repository: str, image: Image) -> None:
    with pytest.raises(ClientFailed) as refused:
        skopeo.run("delete", INSECURE, f"docker://{repository}:1.0")
    assert "405 Method Not Allowed" in refused.value.output
    assert "UNSUPPORTED" in refused.value.output
    assert "audit" in refused.value.output
    assert digest_of(REGISTRY.manifest(f"{repository}:1.0")) == image.digest
