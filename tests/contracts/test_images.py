"""What `Images` promises: tags are found by whatever digest people know an image by."""

import json

import pytest
from tests.contracts.content import APP, OTHER, artifact, fixed, movable, write
from tests.contracts.images import image, index

from pierone_core.manifest import OCI_INDEX, Manifest, parse
from pierone_core.ports import Metadata, TaggedRepository
from pierone_core.values import Digest, Repository, Tag

CONFIG = b"a config"
IMAGE = image(CONFIG)


def found(metadata: Metadata, digest: Digest) -> list[str]:
    return [f"{repository}:{tag}" for repository, tag in metadata.catalogue.images.tags(digest, None, 99)]


def store(metadata: Metadata, manifest: Manifest, *tags: str, repository: Repository = APP) -> None:
    metadata.manifests.store(write(manifest, *map(fixed, tags), repository=repository))


def test_an_image_is_found_by_its_manifest_and_by_its_config(metadata: Metadata) -> None:
    store(metadata, IMAGE, "1.0", "1")
    store(metadata, IMAGE, "2.0", repository=OTHER)
    store(metadata, image(b"another"), "3.0")
    expected = ["team/app:1", "team/app:1.0", "team/other:2.0"]
    assert found(metadata, IMAGE.digest) == expected
    assert found(metadata, Digest.of(CONFIG)) == expected


def test_two_manifests_of_one_config_are_found_together(metadata: Metadata) -> None:
    other = image(CONFIG, "again")
    store(metadata, IMAGE, "1.0")
    store(metadata, other, "2.0")
    assert found(metadata, Digest.of(CONFIG)) == ["team/app:1.0", "team/app:2.0"]
    assert found(metadata, other.digest) == ["team/app:2.0"]


def test_an_index_is_found_by_itself_its_images_and_their_configs(metadata: Metadata) -> None:
    second = image(b"for arm")
    whole = index(IMAGE, second, second)
    for manifest in (IMAGE, second):
        store(metadata, manifest)
    store(metadata, whole, "1.0")
    for digest in (whole.digest, IMAGE.digest, second.digest, Digest.of(CONFIG), Digest.of(b"for arm")):
        assert found(metadata, digest) == ["team/app:1.0"]


def test_parts_of_another_repository_are_not_mixed_in(metadata: Metadata) -> None:
    whole = index(IMAGE)
    store(metadata, IMAGE, repository=OTHER)
    store(metadata, whole, "1.0")
    assert found(metadata, IMAGE.digest) == ["team/app:1.0"]
    assert found(metadata, Digest.of(CONFIG)) == []


def test_what_has_no_tag_is_not_found(metadata: Metadata) -> None:
    store(metadata, IMAGE)
    assert list(metadata.catalogue.images.digests("sha256:", 9)) == []


def test_a_moved_tag_is_found_by_what_it_holds_now(metadata: Metadata) -> None:
    old, new = index(IMAGE, about="old"), image(b"new")
    store(metadata, IMAGE, "fixed")
    metadata.manifests.store(write(old, movable("dev")))
    metadata.manifests.store(write(new, movable("dev", old.digest)))
    assert found(metadata, IMAGE.digest) == ["team/app:fixed"]
    assert found(metadata, Digest.of(CONFIG)) == ["team/app:fixed"]
    assert found(metadata, old.digest) == []
    assert found(metadata, Digest.of(b"new")) == ["team/app:dev"]
    metadata.manifests.store(write(old, movable("dev", new.digest)))
    assert found(metadata, IMAGE.digest) == ["team/app:dev", "team/app:fixed"]


def test_digests_are_found_by_their_beginning_in_byte_order(metadata: Metadata) -> None:
    manifests = [image(str(number).encode()) for number in range(20)]
    for number, manifest in enumerate(manifests):
        store(metadata, manifest, f"{number}")
    every = sorted([str(m.digest) for m in manifests] + [str(m.config) for m in manifests])
    images = metadata.catalogue.images
    assert [str(digest) for digest in images.digests("sha256:", 99)] == every
    assert [str(digest) for digest in images.digests("", 2)] == every[:2]
    for prefix in (every[0], every[7][:12], "sha256:a", "sha512:", "sha256:%", "sha256:_", "SHA256:", "~"):
        expected = [digest for digest in every if digest.startswith(prefix)]
        assert [str(digest) for digest in images.digests(prefix, 99)] == expected


def test_tags_of_an_image_come_in_pages(metadata: Metadata) -> None:
    store(metadata, IMAGE, "c", "a", "b")
    store(metadata, IMAGE, "a", "0", repository=OTHER)
    images = metadata.catalogue.images
    assert [str(t.tag) for t in images.tags(IMAGE.digest, None, 2)] == ["a", "b"]
    after = TaggedRepository(APP, Tag("b"))
    assert [f"{t.repository}:{t.tag}" for t in images.tags(IMAGE.digest, after, 2)] == ["team/app:c", "team/other:0"]


@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "\N{WHALE}", "x" * 100_000], ids=["NUL", "surrogate", "whale", "long"]
)
def test_whatever_is_written_in_a_manifest_it_can_be_stored(metadata: Metadata, text: str) -> None:
    strange = parse(
        json.dumps({"schemaVersion": 2, "manifests": [], "annotations": {"about": text}}).encode(), OCI_INDEX
    )
    store(metadata, strange, "1.0")
    assert found(metadata, strange.digest) == ["team/app:1.0"]


@pytest.mark.parametrize("extra", ['"deep": ' + "[" * 900 + "]" * 900, '"number": 1e400', '"number": 1' + "0" * 300])
def test_a_manifest_with_unusual_json_can_be_stored(metadata: Metadata, extra: str) -> None:
    strange = parse(f'{{"schemaVersion": 2, "manifests": null, {extra}}}'.encode(), OCI_INDEX)
    store(metadata, strange, "1.0")
    assert found(metadata, strange.digest) == ["team/app:1.0"]


def test_of_a_huge_index_the_first_hundred_images_are_found(metadata: Metadata) -> None:
    children = [artifact(str(number)) for number in range(150)]
    store(metadata, index(*children), "1.0")
    hits = [found(metadata, child.digest) for child in children]
    assert hits == [["team/app:1.0"]] * 100 + [[]] * 50
