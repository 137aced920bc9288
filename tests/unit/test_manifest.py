"""Manifests that are taken: what the registry reads out of each kind."""

import json
from typing import Any

import pytest

from pierone_core.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Manifest, parse
from pierone_core.values import Digest

CONFIG, LAYER, OTHER = Digest.of(b"config"), Digest.of(b"layer"), Digest.of(b"other", "sha512")
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


def descriptor(digest: Digest = LAYER, media_type: str = LAYER_TYPE, **more: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": str(digest), "size": 5, **more}


def image(media_type: str | None = OCI_MANIFEST, **changes: object) -> dict[str, object]:
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(CONFIG, CONFIG_TYPE),
        "layers": [descriptor()],
        **changes,
    }
    return {key: value for key, value in document.items() if value is not ...}


def index(media_type: str | None = OCI_INDEX, **changes: object) -> dict[str, object]:
    children = [descriptor(LAYER, OCI_MANIFEST), descriptor(OTHER, OCI_INDEX)]
    document = {"schemaVersion": 2, "mediaType": media_type, "manifests": children, **changes}
    return {key: value for key, value in document.items() if value is not ...}


def read(document: object, content_type: str | None = None, **more: Any) -> Manifest:  # noqa: ANN401 - passed on
    return parse(json.dumps(document).encode(), content_type, **more)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_an_image_needs_its_config_and_layers(media_type: str) -> None:
    read_image = read(image(media_type, layers=[descriptor(), descriptor(OTHER)]), media_type)
    assert read_image.media_type == media_type
    assert read_image.blobs == (CONFIG, LAYER, OTHER)
    assert read_image.children == ()
    assert read_image.subject is None


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index_needs_its_children(media_type: str) -> None:
    read_index = read(index(media_type), media_type)
    assert read_index.media_type == media_type
    assert read_index.blobs == ()
    assert read_index.children == (LAYER, OTHER)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_the_bytes_are_kept_as_they_came_and_the_digest_is_theirs(algorithm: str) -> None:
    data = b'  {"schemaVersion": 2,\n\t"manifests":[ ], "unknown": [1.50, null, "\\u00e4"]}\n'
    manifest = parse(data, OCI_INDEX, algorithm)
    assert manifest.data == data
    assert manifest.digest == Digest.of(data, algorithm)


def test_without_an_algorithm_the_digest_is_sha256() -> None:
    assert read(image()).digest.algorithm == "sha256"


@pytest.mark.parametrize(
    ("declared", "content_type"),
    [
        (OCI_MANIFEST, None),
        (OCI_MANIFEST, ""),
        (OCI_MANIFEST, OCI_MANIFEST),
        (OCI_MANIFEST, OCI_MANIFEST + "; charset=utf-8"),
        (OCI_MANIFEST, " " + OCI_MANIFEST + " ;q=1"),
        (OCI_MANIFEST, OCI_MANIFEST.upper()),
        (..., OCI_MANIFEST),
        ("", OCI_MANIFEST),
        (None, OCI_MANIFEST),
    ],
)
def test_the_media_type_is_what_both_say_or_one_of_them(declared: object, content_type: str | None) -> None:
    assert read(image(mediaType=declared), content_type).media_type == OCI_MANIFEST


@pytest.mark.parametrize("layers", [..., None, []])
def test_an_image_may_have_no_layers(layers: object) -> None:
    assert read(image(layers=layers)).blobs == (CONFIG,)


@pytest.mark.parametrize("manifests", [..., None, []])
def test_an_index_may_have_no_children(manifests: object) -> None:
    assert read(index(manifests=manifests)).children == ()


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ],
)
def test_a_layer_that_is_fetched_from_elsewhere_is_not_needed(media_type: str) -> None:
    foreign = descriptor(OTHER, media_type, urls=["https://example.org/layer"])
    assert read(image(layers=[descriptor(), foreign])).blobs == (CONFIG, LAYER)


@pytest.mark.parametrize("document", [image(), index()], ids=["image", "index"])
def test_a_subject_is_read_but_not_needed(document: dict[str, object]) -> None:
    manifest = read({**document, "subject": descriptor(OTHER, OCI_MANIFEST)})
    assert manifest.subject == OTHER
    assert OTHER not in manifest.blobs


@pytest.mark.parametrize("subject", [..., None])
def test_no_subject_is_no_subject(subject: object) -> None:
    assert read(image(subject=subject)).subject is None


@pytest.mark.parametrize(
    ("document", "artifact_type"),
    [
        (image(artifactType="application/spdx+json"), "application/spdx+json"),
        (image(), CONFIG_TYPE),
        (image(artifactType=""), CONFIG_TYPE),
        (image(artifactType=None), CONFIG_TYPE),
        (image(config=descriptor(CONFIG, "application/vnd.oci.empty.v1+json"), artifactType="a/b"), "a/b"),
        (index(artifactType="a/b"), "a/b"),
        (index(), None),
        (index(artifactType=""), None),
    ],
)
def test_the_artifact_type_is_declared_or_that_of_the_config(
    document: dict[str, object], artifact_type: str | None
) -> None:
    assert read(document).artifact_type == artifact_type


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(..., {}), (None, {}), ({}, {}), ({"a": "b", "": ""}, {"a": "b", "": ""}), ({"naïve": "\N{WHALE}"},) * 2],
)
def test_annotations_are_read(sent: object, expected: dict[str, str]) -> None:
    assert read(image(annotations=sent)).annotations == expected


def test_unknown_fields_are_allowed_everywhere() -> None:
    strange = descriptor(LAYER, LAYER_TYPE, platform={"os": "linux"}, data="e30=", x=[{}])
    assert read(image(layers=[strange], history=[], x={"y": None})).blobs == (CONFIG, LAYER)


def test_a_manifest_of_many_megabytes_is_read() -> None:
    children = [descriptor(Digest.of(str(number).encode()), OCI_MANIFEST) for number in range(30_000)]
    document = index(manifests=children)
    assert len(json.dumps(document)) > 4 << 20
    assert len(read(document).children) == 30_000
