"""Where an image comes from, as the API shows it; who waits for the search, and who does not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from threading import Event, Semaphore

import pytest
from starlette.testclient import TestClient
from tests.unit.api.answers import ARTIFACT, get, problem
from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer
from tests.unit.api.registry import APP, CI, Parts

from pierone_core.errors import Unavailable
from pierone_core.ports import BlobReader
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Tag
from pierone_http.api import models


def test_a_source_that_was_claimed_is_shown_with_who_claimed_it_when(api: TestClient, parts: Parts) -> None:
    manifest = parts.image()
    parts.claims.claim(CI, APP, [Tag("1.0")], Digest.of(manifest), ScmSource("git:claimed"))
    parts.push("0.9", manifest)
    parts.push("1.0", manifest)
    shown = get(api, f"{ARTIFACT}/tags/1.0/scm-source", models.ScmSourceItem)
    assert (shown["origin"], shown["created_by"]) == ("header", "ci")
    assert shown["created"] == get(api, f"{ARTIFACT}/tags/0.9")["created"], "a second before the tag"


def test_a_source_is_shown_with_its_origin_in_text_only(api: TestClient, parts: Parts) -> None:
    packed = layer((FILE, SCM_SOURCE))
    parts.push("1.0", parts.image(packed))
    shown = get(api, f"{ARTIFACT}/tags/1.0/scm-source", models.ScmSourceItem)
    created = "2015-08-20T08:14:59.432Z"
    assert shown == SOURCE | {
        "created": created,
        "created_by": "alice",
        "origin": "layer",
        "layer": str(Digest.of(packed)),
    }
    assert all(isinstance(value, str) for value in shown.values())


def test_a_store_that_does_not_answer_is_a_503_to_be_tried_again(
    api: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE))))

    def fail(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(parts.store, "open_blob", fail)
    assert problem(api, f"{ARTIFACT}/tags/1.0/scm-source", 503)["message"] == "no answer"
    assert api.get(f"{ARTIFACT}/tags/1.0").headers["retry-after"] == "5"


@contextmanager
def slow_searches(parts: Parts, number: int) -> Iterator[Semaphore]:
    """Push images `slow-0` and so on; while this lasts, the search in their layers does not end.

    Each that begins is counted.
    """
    slow = [layer((str(each), b"")) for each in range(number)]
    for each, packed in enumerate(slow):
        parts.push(f"slow-{each}", parts.image(packed))
    digests, plain = set(map(Digest.of, slow)), parts.store.open_blob
    begun, ends = Semaphore(0), Event()

    def wait(digest: Digest, start: int, stop: int) -> BlobReader:
        if digest in digests:
            begun.release()
            assert ends.wait(20)
        return plain(digest, start, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts.store, "open_blob", wait)
        try:
            yield begun
        finally:
            ends.set()


def test_nobody_waits_for_the_search_in_layers_of_others_for_what_was_found_before(
    api: TestClient, parts: Parts
) -> None:
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE))))
    assert get(api, f"{ARTIFACT}/tags/1.0")["scm_source"]["url"] == SOURCE["url"]
    with ThreadPoolExecutor() as threads:
        with slow_searches(parts, 3) as begun:
            asked = [threads.submit(get, api, f"{ARTIFACT}/tags/slow-{number}") for number in range(3)]
            assert all(begun.acquire(timeout=20) for _ in range(2))
            assert get(api, f"{ARTIFACT}/tags/1.0")["scm_source"]["url"] == SOURCE["url"]
            assert not any(future.done() for future in asked)
        assert [future.result()["scm_source"] for future in asked] == [None] * 3


def test_searches_do_not_queue_without_end(api: TestClient, parts: Parts) -> None:
    accepted, more = 32, 8
    with ThreadPoolExecutor(accepted + more) as threads:
        with slow_searches(parts, accepted + more):
            paths = [f"{ARTIFACT}/tags/slow-{number}/scm-source" for number in range(accepted + more)]
            asked = [threads.submit(api.get, path) for path in paths]
            refused = list(islice(as_completed(asked, timeout=20), more))
            answers = [future.result() for future in refused]
            assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "5")] * more
        assert {future.result().status_code for future in asked if future not in refused} == {404}
