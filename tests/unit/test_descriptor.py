"""Descriptors: three facts that must be there, and nothing else is asked."""

import pytest

from pierone_core.descriptor import Descriptor, read_annotations, read_descriptor, read_descriptors, read_type
from pierone_core.errors import ManifestInvalid
from pierone_core.values import Digest

DIGEST = Digest.of(b"")
GOOD = {"mediaType": "a/b", "digest": str(DIGEST), "size": 0}


@pytest.mark.parametrize("size", [0, 1, 2**63 - 1])
def test_a_descriptor_is_read(size: int) -> None:
    node = {**GOOD, "size": size, "urls": ["https://example.org"], "unknown": None}
    assert read_descriptor(node, "config") == Descriptor("a/b", DIGEST, size)


def test_a_digest_of_either_algorithm_is_read() -> None:
    long = Digest.of(b"", "sha512")
    assert read_descriptor({**GOOD, "digest": str(long)}, "config").digest == long


@pytest.mark.parametrize("node", [None, [], "text", 7, True])
def test_what_is_no_object_is_no_descriptor(node: object) -> None:
    with pytest.raises(ManifestInvalid, match="config is not a descriptor"):
        read_descriptor(node, "config")


@pytest.mark.parametrize("size", [None, -1, 1.0, "1", True, [], {}, 2**63, 10**30])
def test_a_size_is_a_whole_number_of_zero_or_more(size: object) -> None:
    with pytest.raises(ManifestInvalid, match=r"layers\[3\] needs a mediaType and a size"):
        read_descriptor({**GOOD, "size": size}, "layers[3]")


@pytest.mark.parametrize("key", ["mediaType", "digest", "size"])
def test_each_fact_must_be_there(key: str) -> None:
    with pytest.raises(ManifestInvalid, match="config"):
        read_descriptor({name: value for name, value in GOOD.items() if name != key}, "config")


@pytest.mark.parametrize("digest", [None, "", "sha256:abc", 7, [], {"a": "b"}, "md5:d41d8cd98f00b204e9800998ecf8427e"])
def test_a_digest_that_is_none_is_named_with_its_place(digest: object) -> None:
    with pytest.raises(ManifestInvalid, match="config: digest"):
        read_descriptor({**GOOD, "digest": digest}, "config")


@pytest.mark.parametrize(("value", "media_type"), [(None, None), ("", None), ("a/b", "a/b"), ("x" * 255, "x" * 255)])
def test_a_media_type_is_there_or_not(value: object, media_type: str | None) -> None:
    assert read_type({"mediaType": value}, "mediaType", "config") == media_type
    assert read_type({}, "mediaType", "config") is None


@pytest.mark.parametrize("value", [7, 0, False, [], {}, "x" * 256, "a\r\nb", "a\tb", "ä/b", "a/b\N{WHALE}", "a/b\0"])
def test_a_media_type_can_stand_in_a_header(value: object) -> None:
    with pytest.raises(ManifestInvalid, match="mediaType of config is not a media type"):
        read_type({"mediaType": value}, "mediaType", "config")


@pytest.mark.parametrize("document", [{}, {"layers": None}, {"layers": []}])
def test_no_list_is_an_empty_list(document: dict[str, object]) -> None:
    assert read_descriptors(document, "layers") == []


@pytest.mark.parametrize("value", [{}, "", 0, False, "text"])
def test_what_is_no_list_is_refused(value: object) -> None:
    with pytest.raises(ManifestInvalid, match="layers is not a list"):
        read_descriptors({"layers": value}, "layers")


def test_a_list_of_descriptors_keeps_its_order() -> None:
    other = {**GOOD, "size": 1}
    assert [d.size for d in read_descriptors({"layers": [other, GOOD, other]}, "layers")] == [1, 0, 1]


@pytest.mark.parametrize("value", [[], "", 0, False, "text", [["a", "b"]], {"a": 1}, {"a": None}, {"a": {}}])
def test_annotations_are_a_map_of_strings_to_strings_or_absent(value: object) -> None:
    assert read_annotations({}, "manifest") == read_annotations({"annotations": None}, "manifest") == {}
    with pytest.raises(ManifestInvalid, match="not a map of strings to strings"):
        read_annotations({"annotations": value}, "manifest")


@pytest.mark.parametrize(
    ("media_type", "is_distributed"),
    [
        ("application/vnd.oci.image.layer.v1.tar", True),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", True),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", False),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", False),
    ],
)
def test_some_layers_are_fetched_from_elsewhere(media_type: str, *, is_distributed: bool) -> None:
    assert Descriptor(media_type, DIGEST, 0).is_distributed is is_distributed
