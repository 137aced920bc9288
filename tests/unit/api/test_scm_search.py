"""Where the scm-source of a tag is found: header over topmost layer over annotations."""

import gzip
import json
from dataclasses import replace

import pytest
import zstandard
from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer
from tests.unit.api.registry import ALICE, APP, CI, LAYER, Parts
from tests.unit.api.sources import BASE, OWN, PLAIN, URL, V1

from pierone_core.errors import Unavailable
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Tag

ANNOTATIONS = {"org.opencontainers.image.source": "https://annotated"}
LABELS = {"config": {"Labels": {"org.opencontainers.image.source": "https://labelled"}}}


@pytest.mark.parametrize(
    ("packed", "media_type"),
    [
        (OWN, LAYER),
        (gzip.compress(OWN), LAYER + "+gzip"),
        (zstandard.compress(OWN), LAYER + "+zstd"),
        (gzip.compress(OWN), "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ],
)
def test_the_file_is_found_in_a_layer(parts: Parts, packed: bytes, media_type: str) -> None:
    parts.push("1.0", parts.image(packed, layer_type=media_type))
    found = parts.search.find(parts.catalogue.tag(APP, V1))
    assert found
    assert (found.source, found.origin.value, found.layer) == (ScmSource(**SOURCE), "layer", Digest.of(packed))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([BASE, OWN], (URL, "layer")),
        ([OWN, BASE], ("git:base", "layer")),
        ([BASE, PLAIN, PLAIN], ("git:base", "layer")),
        ([BASE, layer((f".wh.{FILE}", b""))], None),
        ([BASE, layer((".wh..wh..opq", b""))], None),
        ([BASE, layer((FILE, b"not JSON"))], None),
        ([BASE, layer((FILE, b'{"revision": "1"}'))], None),
        ([BASE, layer((FILE, b'{"url": "git:x", "revision": "' + b"1" * 20_000 + b'"}'))], None),
        ([BASE, b"no archive"], None),
        ([BASE, gzip.compress(OWN)[:60]], None),
        ([BASE, zstandard.compress(OWN)[:60]], None),
        ([BASE, b""], ("git:base", "layer")),
        ([BASE, layer((FILE, b"{}"), (FILE, SCM_SOURCE))], (URL, "layer")),
        ([PLAIN], None),
        ([], None),
    ],
)
def test_the_topmost_layer_that_has_the_file_counts_as_it_is_seen_in_the_image(
    parts: Parts, layers: list[bytes], expected: tuple[str, str] | None
) -> None:
    parts.push("1.0", parts.image(*layers))
    assert parts.found() == expected


def test_a_layer_refreshed_later_does_not_win_over_the_topmost(parts: Parts) -> None:
    parts.push("1.0", parts.image(BASE, OWN))
    parts.push("base", parts.image(BASE))
    assert (parts.found("base"), parts.found("1.0")) == (("git:base", "layer"), (URL, "layer"))


def test_artifacts_that_are_no_layers_are_not_opened(parts: Parts) -> None:
    parts.push("1.0", parts.image(OWN, layer_type="application/vnd.cncf.helm.chart.content.v1.tar+gzip"))
    assert parts.found() is None


@pytest.mark.parametrize(
    ("annotations", "config", "layers", "expected"),
    [
        (ANNOTATIONS, LABELS, [OWN], (URL, "layer")),
        (ANNOTATIONS, LABELS, [PLAIN], ("https://annotated", "annotation")),
        (None, LABELS, [PLAIN], ("https://labelled", "annotation")),
        (ANNOTATIONS, LABELS, [layer((FILE, b"{}"))], ("https://annotated", "annotation")),
        (None, {"config": {"Labels": None}}, [], None),
        (None, {"config": 5}, [], None),
        (None, [1], [], None),
    ],
)
def test_annotations_and_labels_count_where_no_layer_has_the_file(
    parts: Parts, annotations: dict[str, str], config: object, layers: list[bytes], expected: tuple[str, str] | None
) -> None:
    parts.push("1.0", parts.image(*layers, config=config, annotations=annotations))
    assert parts.found() == expected


def test_of_an_index_its_images_are_searched_before_its_annotations(parts: Parts) -> None:
    children = parts.image(PLAIN, config={"os": "linux"}), parts.image(OWN)
    parts.push("1.0", parts.index(*children, annotations=ANNOTATIONS))
    assert parts.found() == (URL, "layer")
    parts.push("2.0", parts.index(children[0], annotations=ANNOTATIONS))
    assert parts.found("2.0") == ("https://annotated", "annotation")
    parts.push("3.0", parts.index(parts.image(config=LABELS)))
    assert parts.found("3.0") == ("https://labelled", "annotation")


def test_attestations_of_an_index_are_no_images(parts: Parts) -> None:
    unknown = {"os": "unknown", "architecture": "unknown"}
    parts.push("1.0", parts.index(parts.image(OWN), platforms=[unknown]))
    assert parts.found() is None


def test_a_header_counts_most(parts: Parts) -> None:
    manifest = parts.image(OWN, annotations=ANNOTATIONS)
    parts.claims.claim(CI, APP, [V1], Digest.of(manifest), ScmSource("git:claimed"))
    parts.push("1.0", manifest)
    parts.push("2.0", manifest)
    assert parts.found() == ("git:claimed", "header")
    assert parts.found("2.0") == (URL, "layer")


def test_what_was_claimed_of_another_digest_is_not_said_of_a_moved_tag(parts: Parts) -> None:
    old, new = parts.image(PLAIN), parts.image(OWN)
    parts.claims.claim(CI, APP, [Tag("dev")], Digest.of(old), ScmSource("git:claimed"))
    parts.push("dev", old)
    parts.push("dev", new)
    assert parts.found("dev") == (URL, "layer")
    parts.push("dev", old)
    assert parts.found("dev") == ("git:claimed", "header")


def test_bytes_that_are_gone_are_no_missing_source(parts: Parts) -> None:
    parts.push("1.0", parts.image(OWN))
    entry = parts.catalogue.tag(APP, V1)
    parts.store._blobs.clear()  # noqa: SLF001 - the damage
    with pytest.raises(Unavailable, match="tell the operator"):
        parts.search.find(entry)


def test_a_layer_that_lies_elsewhere_may_have_the_file(parts: Parts) -> None:
    document = json.loads(parts.image(BASE))
    foreign = {"mediaType": LAYER.replace("layer", "layer.nondistributable"), "size": 5, "digest": str(Digest.of(b"f"))}
    document["layers"].append(foreign | {"urls": ["https://elsewhere"]})
    parts.push("1.0", json.dumps(document).encode())
    assert parts.found() is None


def test_a_child_of_an_index_that_is_a_blob_is_passed_over(parts: Parts) -> None:
    cache = parts.blob(b"a layer of a build cache", LAYER)
    document = json.loads(parts.index(annotations=ANNOTATIONS))
    parts.push("1.0", json.dumps(document | {"manifests": [cache]}).encode())
    assert parts.found() == ("https://annotated", "annotation")


def test_an_entry_without_its_manifest_has_no_source(parts: Parts) -> None:
    parts.push("1.0", parts.image(OWN), caller=ALICE)
    entry = replace(parts.catalogue.tag(APP, V1), digest=Digest.of(b"nothing"))
    assert parts.search.find(entry) is None
