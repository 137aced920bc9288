"""What a search for the scm-source of a tag costs: layers are read once, in bounded time and memory."""

import gzip
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from tests.unit.api.layers import FILE, SCM_SOURCE, layer
from tests.unit.api.registry import APP, Clock, Parts
from tests.unit.api.sources import BASE, OWN, PLAIN, URL, V1

from pierone_core import scm_search
from pierone_core.errors import Unavailable
from pierone_core.ports import LayerSource
from pierone_core.scm_search import LayersUnread
from pierone_core.values import Digest


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
