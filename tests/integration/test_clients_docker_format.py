"""Images in Docker's own format (schema 2), as `docker push` and `skopeo --format v2s2` send them."""

import json
from pathlib import Path

import pytest
from tests.integration.clients.client import ClientFailed
from tests.integration.clients.docker import Docker
from tests.integration.clients.images import digest_of, write_image, write_index
from tests.integration.clients.registry import Registry
from tests.integration.clients.skopeo import Skopeo

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
REGISTRY = Registry()


def test_an_image_that_docker_built_comes_back_as_it_was(docker: Docker, repository: str, tmp_path: Path) -> None:
    reference = f"{repository}:1.0"
    (tmp_path / "greeting").write_text(repository)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY greeting /greeting\nLABEL kind=test\n")
    docker.build(tmp_path, reference)
    built = docker.content(reference)
    digest = docker.push(reference).digest
    assert json.loads(REGISTRY.manifest(reference))["mediaType"] == MANIFEST
    assert REGISTRY.content(reference) == built

    docker.forget_everything()
    assert docker.pull(reference) == digest
    assert docker.content(reference) == built


def test_skopeo_pushes_docker_schema_2_and_pulls_it_back(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    image, reference = write_image(tmp_path / "image", repository), f"{repository}:1.0"
    pushed = skopeo.copy_to(image.source, reference, "--format=v2s2")
    stored = REGISTRY.manifest(reference)
    assert json.loads(stored)["mediaType"] == MANIFEST
    assert digest_of(stored) == pushed.digest

    skopeo.copy_from(reference, f"dir:{tmp_path / 'back'}")
    assert (tmp_path / "back" / "manifest.json").read_bytes() == stored
    assert REGISTRY.content(reference) == image.content


def test_skopeo_pushes_a_docker_manifest_list_and_pulls_it_back(
    skopeo: Skopeo, repository: str, tmp_path: Path
) -> None:
    reference = f"{repository}:1.0"
    index = write_index(tmp_path / "index", repository)
    pushed = skopeo.copy_to(index.source, reference, "--all", "--format=v2s2")
    stored = REGISTRY.manifest(reference)
    assert json.loads(stored)["mediaType"] == MANIFEST_LIST
    assert digest_of(stored) == pushed.digest

    skopeo.copy_from(reference, f"dir:{tmp_path / 'back'}", "--all")
    assert (tmp_path / "back" / "manifest.json").read_bytes() == stored


def test_the_same_image_in_the_other_format_is_another_image(skopeo: Skopeo, repository: str, tmp_path: Path) -> None:
    image, reference = write_image(tmp_path / "image", repository), f"{repository}:1.0"
    skopeo.copy_to(image.source, reference)
    with pytest.raises(ClientFailed) as refused:
        skopeo.copy_to(image.source, reference, "--format=v2s2")
    assert "is immutable" in refused.value.output
    assert image.digest in refused.value.output
    assert digest_of(REGISTRY.manifest(reference)) == image.digest
