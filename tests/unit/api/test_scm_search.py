"""Where the scm-source of a tag is found: header over topmost layer over annotations, in bounded time and memory."""

import gzip
import json
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
import zstandard
from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer
from tests.unit.api.registry import ALICE, APP, CI, LAYER, Clock, Parts

from pierone_core import scm_search
from pierone_core.errors import Unavailable
from pierone_core.ports import LayerSource
from pierone_core.scm_search import LayersUnread
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Tag

URL = SOURCE["url"]
BASE = layer((FILE, json.dumps({"url": "git:base"}).encode()))
OWN = layer(("etc/x", b"x"), (FILE, SCM_SOURCE))
PLAIN = layer(("etc/x", b"x"))
ANNOTATIONS = {"org.opencontainers.image.source": "https://annotated"}
LABELS = {"config": {"Labels": {"org.opencontainers.image.source": "https://labelled"}}}
V1 = Tag("1.0")


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


@dataclass
class Counting:
    """How often blobs were opened."""

    parts: Parts
    opened: int = 0

    def __post_init__(self) -> None:
        """Look on."""
        plain = self.parts.store.open_blob

        def count(digest: Digest, start: int, stop: int) -> object:
            self.opened += 1
            return plain(digest, start, stop)

        self.parts.store.open_blob = count  # type: ignore[method-assign,assignment]


def test_a_layer_is_read_once_whatever_was_found_in_it(parts: Parts) -> None:
    parts.push("1.0", parts.image(BASE, PLAIN, layer(("b", b"b"))))
    counting = Counting(parts)
    assert [parts.found() for _ in range(3)] == [("git:base", "layer")] * 3
    assert counting.opened == 3


def test_what_was_found_is_recalled_without_reading(parts: Parts) -> None:
    parts.push("1.0", parts.image(BASE, PLAIN))
    entry, counting = parts.catalogue.tag(APP, V1), Counting(parts)
    with pytest.raises(LayersUnread):
        parts.search.recall(entry)
    assert counting.opened == 0
    found = parts.search.find(entry)
    assert (parts.search.recall(entry), counting.opened) == (found, 2)


def test_nothing_is_read_before_somebody_asks(parts: Parts) -> None:
    manifest = parts.image(BASE, OWN)
    counting = Counting(parts)
    parts.push("1.0", manifest)
    assert counting.opened == 0


def test_a_search_that_takes_too_long_ends_and_goes_on_with_the_next_question() -> None:
    slow = Parts(clock=Clock(step=scm_search.SEARCH_SECONDS / 6.5))
    slow.push("1.0", slow.image(BASE, PLAIN, layer(("b", b"b")), layer(("c", b"c"))))
    refused = 0
    for _ in range(4):
        with suppress(Unavailable):
            assert slow.found() == ("git:base", "layer")
            break
        refused += 1
    assert 0 < refused < 4


def test_remembered_layers_are_looked_up_in_bounded_time_as_well() -> None:
    slow = Parts(clock=Clock(step=scm_search.SEARCH_SECONDS / 4.5))
    layers = [layer((str(number), b"")) for number in range(9)]
    for packed in layers:
        slow.sources.add_layer(Digest.of(packed), LayerSource())
    slow.push("1.0", slow.image(*layers))
    with pytest.raises(Unavailable, match="ask again"):
        slow.found()


def test_a_layer_that_is_listed_many_times_is_looked_up_once() -> None:
    slow = Parts(clock=Clock(step=scm_search.SEARCH_SECONDS / 20))
    slow.push("1.0", slow.image(BASE, *[PLAIN] * 500))
    assert slow.found() == ("git:base", "layer")


def test_of_an_image_no_more_layers_are_looked_at_than_any_can_be_run_with(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scm_search, "LAYERS_MAX", 2)
    parts.push("1.0", parts.image(BASE, PLAIN))
    parts.push("2.0", parts.image(BASE, PLAIN, layer(("b", b"b"))))
    assert (parts.found("1.0"), parts.found("2.0")) == (("git:base", "layer"), None)


def test_a_layer_that_costs_too_much_is_remembered_as_one_that_nobody_can_read(parts: Parts) -> None:
    parts.search = replace(parts.search, effort=Clock(step=scm_search.LAYER_SECONDS / 4.5))
    parts.push("1.0", parts.image(BASE, layer(("large", b"x" * (1 << 20)))))
    assert parts.found() is None
    counting = Counting(parts)
    parts.search = replace(parts.search, effort=Clock())
    assert (parts.found(), counting.opened) == (None, 1), "of the config, for its labels"


def test_what_a_layer_costs_is_counted_for_it_alone(parts: Parts) -> None:
    parts.search = replace(parts.search, effort=Clock(step=scm_search.LAYER_SECONDS / 4.5))
    parts.push("1.0", parts.image(BASE, *[layer((str(number), b"x")) for number in range(9)]))
    assert parts.found() == ("git:base", "layer")


def test_of_a_layer_no_more_than_its_share_is_unpacked(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scm_search, "UNPACKED_MAX_BYTES", 1 << 20)
    bomb = gzip.compress(layer(("zeros", bytes(3 << 20)), (FILE, SCM_SOURCE)))
    parts.push("1.0", parts.image(BASE, bomb))
    assert parts.found() is None


def test_of_a_layer_no_more_than_its_share_is_fetched(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scm_search, "STORED_MAX_BYTES", 1 << 20)
    parts.push("1.0", parts.image(BASE, layer(("zeros", bytes(3 << 20)), (FILE, SCM_SOURCE))))
    assert parts.found() is None


def test_a_layer_of_many_small_pieces_ends_as_well(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scm_search, "UNPACKED_MAX_BYTES", 1 << 20)
    small = b"".join(gzip.compress(bytes([byte]), mtime=0) for byte in layer(("x", b"x" * 2000), (FILE, SCM_SOURCE)))
    parts.push("1.0", parts.image(BASE, small))
    assert parts.found() is None


def test_many_files_of_a_few_bytes_are_no_small_pieces(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scm_search, "UNPACKED_MAX_BYTES", 1 << 20)
    parts.push("1.0", parts.image(layer(*[(str(number), b"x") for number in range(1000)], (FILE, SCM_SOURCE))))
    assert parts.found() == (URL, "layer")


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
