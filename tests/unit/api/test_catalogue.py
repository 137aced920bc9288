"""Looking things up: tags with what they hold, images by digest, search, pages."""

import json

import pytest
from tests.unit.api.registry import ALICE, APP, START, Parts

from pierone_core.catalogue import PAGE_LIMIT, ImageAmbiguous
from pierone_core.errors import ManifestUnknown, NameUnknown, Unavailable
from pierone_core.image import Platform
from pierone_core.values import Digest, Repository, Tag

OTHER = Repository.parse("other/app")
V1, LATEST = Tag("1.0"), Tag("latest")
LINUX = {"os": "linux", "architecture": "arm64", "variant": "v8", "config": {"Labels": {"a": "b", "n": 5}}}


def test_an_image_is_described_with_sizes_platform_and_labels(parts: Parts) -> None:
    manifest = parts.image(b"layer one", b"two", config=LINUX)
    parts.push("1.0", manifest)
    detail = parts.catalogue.describe(parts.catalogue.tag(APP, V1))
    assert (detail.manifest_size, detail.size) == (len(manifest), 9 + 3 + len(json.dumps(LINUX)))
    assert list(detail.platforms) == [Platform("linux", "arm64", "v8")]
    assert detail.labels == {"a": "b"}


def test_an_index_is_described_with_the_platforms_of_its_images(parts: Parts) -> None:
    one, two, attestation = (parts.image(config={"n": number}) for number in range(3))
    platforms = [
        {"os": "linux", "architecture": "amd64"},
        {"os": "linux", "architecture": "arm", "variant": "v7"},
        {"os": "unknown", "architecture": "unknown"},
    ]
    parts.push("1.0", parts.index(one, two, attestation, platforms=platforms))
    detail = parts.catalogue.describe(parts.catalogue.tag(APP, V1))
    assert list(detail.platforms) == [
        Platform("linux", "amd64", "", Digest.of(one)),
        Platform("linux", "arm", "v7", Digest.of(two)),
    ]
    assert (detail.size, detail.labels) == (None, {})


@pytest.mark.parametrize("config", [[], "x", {"os": 5, "architecture": "x"}, {"config": {"Labels": ["a"]}}, {}])
def test_a_config_that_says_nothing_useful_is_no_error(parts: Parts, config: object) -> None:
    parts.push("1.0", parts.image(config=config))
    detail = parts.catalogue.describe(parts.catalogue.tag(APP, V1))
    assert (list(detail.platforms), detail.labels) == ([], {})


def test_halves_of_characters_are_left_out_since_nobody_can_be_sent_them(parts: Parts) -> None:
    labels = {"a": "b", "half": "\ud800", "\udc00": "c", "whole": "\U0001f600"}
    parts.push("1.0", parts.image(config=LINUX | {"variant": "\ud800", "config": {"Labels": labels}}))
    parts.push("2.0", parts.image(config=LINUX | {"os": "\ud800"}))
    parts.push("3.0", parts.image(config=LINUX | {"architecture": "\ud800"}))
    details = [parts.catalogue.describe(parts.catalogue.tag(APP, Tag(tag))) for tag in ("1.0", "2.0", "3.0")]
    assert details[0].labels == {"a": "b", "whole": "\U0001f600"}
    assert [list(detail.platforms) for detail in details] == [[Platform("linux", "arm64")], [], []]


def test_a_config_that_cannot_be_read_is_said_to_be_unavailable(parts: Parts) -> None:
    parts.push("1.0", parts.image(config=LINUX))
    entry = parts.catalogue.tag(APP, V1)
    parts.store._blobs.clear()  # noqa: SLF001 - the damage
    with pytest.raises(Unavailable):
        parts.catalogue.describe(entry)


def test_latest_is_the_newest_tag_that_is_no_signature(parts: Parts) -> None:
    first = parts.push("1.0", parts.image())
    parts.push("2.0", parts.image(config={"n": 2}))
    parts.push(f"sha256-{first.encoded}.sig", parts.image(config={"n": 3}))
    assert parts.catalogue.tag(APP, LATEST).tag == Tag("2.0")
    with pytest.raises(ManifestUnknown):
        parts.catalogue.tag(OTHER, LATEST)
    with pytest.raises(ManifestUnknown, match=r"no tag 3\.0"):
        parts.catalogue.tag(APP, Tag("3.0"))


def test_an_image_is_found_by_the_beginning_of_its_digest(parts: Parts) -> None:
    manifest = parts.image(config=LINUX)
    digest, config = parts.push("1.0", manifest), Digest.of(json.dumps(LINUX).encode())
    for known in (digest, config):
        for prefix in (str(known), known.encoded, str(known)[:20], known.encoded[:10]):
            assert parts.catalogue.image(prefix) == known
            [tagged] = parts.catalogue.tags_of_image(known, 9).items
            assert (tagged.repository, tagged.tag) == (APP, V1)


def test_a_prefix_of_several_images_is_ambiguous_and_of_none_unknown(parts: Parts) -> None:
    for number in range(20):
        parts.push(str(number), parts.image(config={"n": number}))
    for prefix in ("sha256:", ""):
        with pytest.raises(ImageAmbiguous, match="more than one image"):
            parts.catalogue.image(prefix)
    for prefix in ("sha512:", "sha256:zz", "%", "_", "é"):
        with pytest.raises(ManifestUnknown):
            parts.catalogue.image(prefix)


def test_lists_of_a_repository_to_which_nothing_was_pushed_are_no_empty_lists(parts: Parts) -> None:
    with pytest.raises(NameUnknown):
        parts.catalogue.tags(APP, 9)
    with pytest.raises(NameUnknown):
        parts.catalogue.events(APP, 9)
    manifest = parts.image()
    parts.push(str(Digest.of(manifest)), manifest)
    assert list(parts.catalogue.tags(APP, 9).items) == []
    assert len(parts.catalogue.events(APP, 9).items) == 1


def test_pages_say_where_to_go_on(parts: Parts) -> None:
    manifest = parts.image()
    for name in ("a", "b", "c"):
        parts.push(name, manifest)
    first = parts.catalogue.tags(APP, 2)
    assert ([entry.tag.name for entry in first.items], first.next) == (["a", "b"], "b")
    second = parts.catalogue.tags(APP, 2, Tag("b"))
    assert ([entry.tag.name for entry in second.items], second.next) == (["c"], None)
    backwards = parts.catalogue.tags(APP, 2, newest_first=True)
    assert ([entry.tag.name for entry in backwards.items], backwards.next) == (["c", "b"], "b")
    assert parts.catalogue.pushes(1).next == "4"
    assert parts.catalogue.events(APP, 1).next == "1"
    assert parts.catalogue.tags_of_image(Digest.of(manifest), 1).next == "team/app:a"
    with pytest.raises(ManifestUnknown, match="no tag z"):
        parts.catalogue.tags(APP, 2, Tag("z"))


def test_a_page_has_at_most_a_thousand_and_at_least_one(parts: Parts) -> None:
    manifest = parts.image()
    digest = str(Digest.of(manifest))
    push = parts.registry.push_manifests.put_manifest
    tags = [Tag(f"v{number}") for number in range(PAGE_LIMIT + 1)]
    push(ALICE, APP, Digest.parse(digest), None, manifest, tags)
    page = parts.catalogue.tags(APP, 10**9)
    assert (len(page.items), page.next) == (PAGE_LIMIT, f"v{PAGE_LIMIT - 1}")
    assert len(parts.catalogue.tags(APP, 0).items) == 1


def test_the_time_of_a_tag_is_when_it_was_made(parts: Parts) -> None:
    parts.push("dev", parts.image())
    parts.push("dev", parts.image(config={"n": 2}))
    entry = parts.catalogue.tag(APP, Tag("dev"))
    assert entry.created == START
    assert entry.bound > START
