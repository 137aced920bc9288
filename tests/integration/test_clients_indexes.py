"""Multi-arch images: pushed whole, pulled whole or by platform or by digest, and as immutable as any other."""

import json
from pathlib import Path

import httpx2
import pytest
from tests.integration.clients.buildah import Buildah
from tests.integration.clients.client import ClientFailed
from tests.integration.clients.docker import Docker
from tests.integration.clients.images import (
    INDEX,
    NAME_IN_LAYOUT,
    Descriptor,
    digest_of,
    index_of,
    read_blob,
    read_content,
    read_manifest,
    write_image,
    write_index,
)
from tests.integration.clients.podman import Podman
from tests.integration.clients.registry import Registry, split
from tests.integration.clients.skopeo import Skopeo

REGISTRY = Registry()


def manifests_of(index: bytes) -> list[str]:
    return [manifest["digest"] for manifest in json.loads(index)["manifests"]]


def test_skopeo_copies_an_index_with_all_images_there_and_back(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    index, reference = write_index(tmp_path / "index", repository), f"{repository}:1.0"
    pushed = skopeo.copy_to(index.source, reference, "--all")
    assert pushed.digest == index.digest
    stored = REGISTRY.manifest(reference)
    assert stored == read_manifest(index.layout)

    skopeo.copy_from(reference, f"oci:{tmp_path / 'back'}:{NAME_IN_LAYOUT}", "--all")
    assert read_manifest(tmp_path / "back") == stored
    for digest in manifests_of(stored):
        assert read_blob(tmp_path / "back", digest) == read_blob(index.layout, digest)
        content = REGISTRY.content(f"{repository}@{digest}")
        assert content in index.images.values()


def test_skopeo_pulls_an_index_and_its_images_by_digest(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    index = write_index(tmp_path / "index", repository)
    skopeo.copy_to(index.source, f"{repository}:1.0", "--all")

    skopeo.copy_from(f"{repository}@{index.digest}", f"oci:{tmp_path / 'whole'}:{NAME_IN_LAYOUT}", "--all")
    assert digest_of(read_manifest(tmp_path / "whole")) == index.digest
    for digest, content in zip(manifests_of(read_manifest(index.layout)), index.images.values(), strict=True):
        target = tmp_path / digest.removeprefix("sha256:")
        skopeo.copy_from(f"{repository}@{digest}", f"oci:{target}:{NAME_IN_LAYOUT}")
        assert read_content(target) == content


def test_docker_and_podman_pull_the_image_of_a_platform_from_an_index(
    skopeo: Skopeo, docker: Docker, podman: Podman, repository: str, tmp_path: Path
) -> None:
    index, reference = write_index(tmp_path / "index", repository), f"{repository}:1.0"
    skopeo.copy_to(index.source, reference, "--all")
    for architecture, content in index.images.items():
        docker.forget_everything()
        docker.run("pull", f"--platform=linux/{architecture}", reference)
        assert docker.content(reference) == content
        podman.forget_everything()
        podman.run("pull", "--tls-verify=false", f"--arch={architecture}", reference)
        assert podman.content(reference) == content


@pytest.fixture(params=["podman", "buildah"])
def builder(request: pytest.FixtureRequest) -> Podman | Buildah:
    chosen: Podman | Buildah = request.getfixturevalue(request.param)
    return chosen


def test_an_index_made_by_podman_or_buildah_is_pushed_with_all_its_images(
    builder: Podman | Buildah, skopeo: Skopeo, repository: str, tmp_path: Path
) -> None:
    images = {name: write_image(tmp_path / name, name + repository, name) for name in ("amd64", "arm64")}
    reference = f"{repository}:1.0"
    builder.create_index(reference, *images.values())
    pushed = builder.push_index(reference)
    assert builder.push_index(reference).digest == pushed.digest

    stored = REGISTRY.manifest(reference)
    assert digest_of(stored) == pushed.digest
    pulled = [REGISTRY.content(f"{repository}@{digest}") for digest in manifests_of(stored)]
    assert pulled == [image.content for image in images.values()]
    skopeo.copy_from(reference, f"oci:{tmp_path / 'back'}:{NAME_IN_LAYOUT}", "--all")
    assert read_manifest(tmp_path / "back") == stored


def test_an_index_cannot_take_the_tag_of_another(builder: Podman | Buildah, repository: str, tmp_path: Path) -> None:
    reference, other = f"{repository}:1.0", f"{repository}:other"
    builder.create_index(reference, write_image(tmp_path / "first", "first" + repository))
    holder = builder.push_index(reference).digest
    builder.create_index(other, write_image(tmp_path / "second", "second" + repository))
    with pytest.raises(ClientFailed) as refused:
        builder.push_index(other, target=reference)
    assert "is immutable" in refused.value.output
    assert holder in refused.value.output
    assert digest_of(REGISTRY.manifest(reference)) == holder


def test_an_index_of_indexes_is_kept_as_it_is(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    # No client here writes one, so the outer index is pushed by hand.
    inner = write_index(tmp_path / "inner", repository)
    skopeo.copy_to(inner.source, f"{repository}:inner", "--all")
    size = len(read_manifest(inner.layout))
    outer = index_of(Descriptor(mediaType=INDEX, digest=inner.digest, size=size))
    host, name, _ = split(f"{repository}:outer")
    answer = httpx2.put(
        f"http://{host}/v2/{name}/manifests/outer", content=outer, headers={"Content-Type": INDEX}, trust_env=False
    )
    assert answer.status_code == 201

    assert skopeo.run("inspect", "--raw", "--tls-verify=false", f"docker://{repository}:outer").encode() == outer
    [digest] = manifests_of(REGISTRY.manifest(f"{repository}:outer"))
    skopeo.copy_from(f"{repository}@{digest}", f"oci:{tmp_path / 'back'}:{NAME_IN_LAYOUT}", "--all")
    assert read_manifest(tmp_path / "back") == read_manifest(inner.layout)
