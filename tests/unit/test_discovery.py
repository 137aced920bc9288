"""Lists and their pages: nothing twice, nothing left out, no page too large."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from pierone_adapters.memory import memory_metadata
from pierone_core.caller import Caller
from pierone_core.discovery import PAGE_LIMIT, REFERRERS_LIMIT, Discovery, Page
from pierone_core.errors import ManifestInvalid, NameUnknown
from pierone_core.manifest import ANNOTATIONS_MAX_BYTES, OCI_INDEX, Manifest, parse
from pierone_core.ports import Metadata
from pierone_core.records import ManifestWrite, Referrer, TagWrite
from pierone_core.values import Digest, Repository, Tag
from pierone_http.v2.discovery import DiscoveryEndpoints
from pierone_http.work import Work

APP = Repository.parse("team/app")
SUBJECT = Digest.of(b"subject")
# Clients refuse a longer document (spec: "Pushing Manifests").
CLIENTS_TAKE = 4 << 20


def artifact(about: str, artifact_type: str = "a/b") -> Manifest:
    document = {
        "schemaVersion": 2,
        "artifactType": artifact_type,
        "manifests": [],
        "subject": {"mediaType": OCI_INDEX, "digest": str(SUBJECT), "size": 1},
        "annotations": {"about": about},
    }
    return parse(json.dumps(document).encode(), OCI_INDEX)


def with_tags(names: list[str]) -> Discovery:
    tags = tuple(TagWrite(Tag.parse(name), None, immutable=True) for name in names)
    return over(tags=tags)


def over(*manifests: Manifest, tags: tuple[TagWrite, ...] = ()) -> Discovery:
    metadata: Metadata = memory_metadata()
    for manifest in manifests or (artifact("one"),):
        metadata.manifests.store(ManifestWrite(APP, manifest, tags, "alice", datetime.now(UTC)))
    return Discovery(metadata.listing)


def test_a_repository_that_nobody_pushed_to_is_unknown() -> None:
    with pytest.raises(NameUnknown, match="no manifest was ever pushed to team/other"):
        over().tags(Repository.parse("team/other"))


def test_a_repository_of_blobs_only_is_unknown_and_told_what_it_lacks() -> None:
    metadata, repository = memory_metadata(), Repository.parse("team/blobs")
    metadata.blobs.add(repository, Digest.of(b"blob"), 4)
    with pytest.raises(NameUnknown, match="no manifest was ever pushed to team/blobs"):
        Discovery(metadata.listing).tags(repository)


def test_a_repository_without_tags_has_an_empty_list() -> None:
    assert over().tags(APP) == Page([], None)


@pytest.mark.parametrize(
    ("limit", "after", "items", "following"),
    [
        (None, "", ["a", "b", "c", "d"], None),
        (2, "", ["a", "b"], "b"),
        (2, "b", ["c", "d"], None),
        (3, "", ["a", "b", "c"], "c"),
        (3, "c", ["d"], None),
        (4, "", ["a", "b", "c", "d"], None),
        (5, "", ["a", "b", "c", "d"], None),
        (2, "d", [], None),
        (0, "", [], None),
        (1, "aa", ["b"], "b"),
        (10**18, "", ["a", "b", "c", "d"], None),
    ],
)
def test_a_page_has_its_items_and_where_to_go_on(
    limit: int | None, after: str, items: list[str], following: str | None
) -> None:
    assert with_tags(["c", "a", "d", "b"]).tags(APP, limit, after) == Page(items, following)


def test_without_a_limit_a_page_still_has_one() -> None:
    names = [f"{number:06}" for number in range(PAGE_LIMIT + 1)]
    discovery = with_tags(names)
    for limit in (None, PAGE_LIMIT, 10**18):
        assert discovery.tags(APP, limit) == Page(names[:-1], names[-2])
    assert discovery.tags(APP, after=names[-2]) == Page(names[-1:], None)


@settings(deadline=None)
@given(
    names=st.lists(st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,3}", fullmatch=True), unique=True, max_size=12),
    limit=st.integers(1, 14),
)
def test_page_after_page_is_the_whole_list_in_byte_order(names: list[str], limit: int) -> None:
    discovery = with_tags(names)
    page = discovery.tags(APP, limit)
    found = [*page.items]
    while page.next is not None:
        assert len(page.items) == limit
        page = discovery.tags(APP, limit, page.next)
        assert page.items
        found += page.items
    assert found == sorted(names, key=str.encode)


def test_repositories_are_paged_in_the_same_way() -> None:
    metadata = memory_metadata()
    for name in ("b/b", "a/a", "c/c"):
        write = ManifestWrite(Repository.parse(name), artifact("one"), (), "alice", datetime.now(UTC))
        metadata.manifests.store(write)
    discovery = Discovery(metadata.listing)
    assert discovery.repositories() == Page(["a/a", "b/b", "c/c"], None)
    assert discovery.repositories(2) == Page(["a/a", "b/b"], "b/b")
    assert discovery.repositories(2, "b/b") == Page(["c/c"], None)
    assert discovery.repositories(0) == Page([], None)


def all_referrers(discovery: Discovery, limit: int | None = None) -> list[Page[Referrer]]:
    pages = [discovery.referrers(APP, SUBJECT, limit=limit)]
    while pages[-1].next is not None:
        pages.append(discovery.referrers(APP, SUBJECT, limit=limit, after=pages[-1].next))
    return pages


def test_what_nobody_refers_to_has_no_referrers_even_in_an_unknown_repository() -> None:
    assert over().referrers(APP, Digest.of(b"another")) == Page([], None)
    assert over().referrers(Repository.parse("team/other"), SUBJECT) == Page([], None)


@pytest.mark.parametrize("limit", [1, 2, 5, 6, None])
def test_every_referrer_is_on_one_page(limit: int | None) -> None:
    manifests = [artifact(str(number)) for number in range(5)]
    pages = all_referrers(over(*manifests), limit)
    assert all(len(page.items) == limit for page in pages[:-1])
    assert [r.digest for page in pages for r in page.items] == sorted((m.digest for m in manifests), key=str)


def test_referrers_are_filtered_by_their_type_before_they_are_paged() -> None:
    discovery = over(*[artifact(str(number), "a/b" if number % 2 else "a/c") for number in range(6)])
    page = discovery.referrers(APP, SUBJECT, "a/b", limit=2)
    assert page.next is not None
    rest = discovery.referrers(APP, SUBJECT, "a/b", limit=2, after=page.next)
    assert len([*page.items, *rest.items]) == 3
    assert {referrer.artifact_type for referrer in [*page.items, *rest.items]} == {"a/b"}


def test_a_page_of_referrers_has_a_limit_of_its_own() -> None:
    pages = all_referrers(over(*[artifact(str(number)) for number in range(REFERRERS_LIMIT + 1)]))
    assert [len(page.items) for page in pages] == [REFERRERS_LIMIT, 1]


def document(discovery: Discovery, after: str) -> Response:
    """Answer a request for referrers as the server does."""
    request = Request({"type": "http", "path": "/", "headers": [], "query_string": f"last={after}".encode()})
    endpoints = DiscoveryEndpoints(discovery, Work(prompt=True))
    return asyncio.run(endpoints.list_referrers(request, Caller("alice"), APP, str(SUBJECT)))


# As JSON one of them may take one, two, four, six or twelve bytes.
@pytest.mark.parametrize("character", ["x", '"', "ä", "\N{WHALE}", "\0", "\x7f"])
def test_a_page_of_referrers_is_never_longer_than_clients_take(character: str) -> None:
    discovery = over(*[artifact(f"{number}" + character * 100_000) for number in range(60)])
    count, after = 0, ""
    while count < 60:
        page = json.loads(bytes((response := document(discovery, after)).body))["manifests"]
        assert len(response.body) < CLIENTS_TAKE
        count, after = count + len(page), page[-1]["digest"]


def test_a_referrer_that_fills_a_page_alone_is_still_listed() -> None:
    fitting = ANNOTATIONS_MAX_BYTES - len('{"about":""}')
    # How many bytes each takes; the last is half a surrogate pair, which JSON may have.
    for filling, size in (("x", 1), ("ä", 2), ('"', 2), ("\ud800", 6)):
        discovery = over(*[artifact(f"{number}" + filling * ((fitting - 1) // size)) for number in range(3)])
        assert [len(page.items) for page in all_referrers(discovery)] == [1, 1, 1]
        body = bytes(document(discovery, "").body)
        assert ANNOTATIONS_MAX_BYTES < len(body) <= CLIENTS_TAKE
        assert json.loads(body)["manifests"][0]["annotations"]["about"].endswith(filling)


def test_a_page_of_many_short_annotations_is_never_longer_than_clients_take() -> None:
    texts = [f'"{number:x}":"{number % 7}"' for number in range(100_000)]
    head, subject = '{"schemaVersion":2,"manifests":[],"annotations":{', {"mediaType": "a/b", "size": 1}
    tail = f'}},"subject":{json.dumps(subject | {"digest": str(SUBJECT)})},"x":'
    written = [f"{head}{','.join(texts)}{tail}{number}}}".encode() for number in range(4)]
    discovery = over(*[parse(data, OCI_INDEX) for data in written])
    assert sum(map(len, written[:3])) < CLIENTS_TAKE < sum(map(len, written))
    body = bytes(document(discovery, "").body)
    assert len(json.loads(body)["manifests"]) == 3
    assert len(body) < CLIENTS_TAKE


def test_annotations_that_no_list_can_hold_are_refused_and_the_reason_is_told() -> None:
    with pytest.raises(ManifestInvalid, match="annotations of a manifest with a subject may have 4192256 bytes"):
        artifact("x" * ANNOTATIONS_MAX_BYTES)
