"""Lists of the API: pages that lead to each other, or everything."""

import re
from typing import Any

from starlette.testclient import TestClient
from tests.unit.api.answers import ARTIFACT, CONFIG, get, problem
from tests.unit.api.registry import ALICE, APP, Parts

from pierone_core.catalogue import PAGE_LIMIT
from pierone_core.values import Digest, Repository, Tag
from pierone_http.api import models


def many_tags(parts: Parts, count: int) -> Digest:
    """Push one image under many tags."""
    manifest = parts.image(config=CONFIG)
    tags = [Tag(f"v{number}") for number in range(count)]
    digest = Digest.of(manifest)
    parts.registry.push_manifests.put_manifest(ALICE, APP, digest, None, manifest, tags)
    return digest


def follow(api: TestClient, path: str) -> list[list[Any]]:
    """All pages from `path` on."""
    pages = []
    while path:
        response = api.get(path)
        assert response.status_code == 200, response.text
        pages.append(response.json())
        link = re.fullmatch(r'<([^>]+)>; rel="next"', response.headers.get("link", ""))
        path = link[1] if link else ""
    return pages


def test_the_end_of_a_page_of_images_is_a_tag_of_a_repository(api: TestClient, parts: Parts) -> None:
    digest = parts.push("1.0", parts.image())
    for after in ("x", "team/app", "team/app:", "team/app:-", ":1.0"):
        assert "<team>/<artifact>:<tag>" in problem(api, f"/tags/{digest}?after={after}", 400)["message"]


def test_every_list_comes_in_pages_that_lead_to_each_other(api: TestClient, parts: Parts) -> None:
    digest = many_tags(parts, 5)
    for name in ("team/b", "other/x", "third/x"):
        repository = Repository.parse(name)
        parts.push("1.0", parts.image(repository=repository), repository)
    whole = {
        path: get(api, path)
        for path in (
            "/teams",
            "/teams/team/artifacts",
            f"{ARTIFACT}/tags",
            f"{ARTIFACT}/tags?order=desc",
            f"{ARTIFACT}/events",
            f"{ARTIFACT}/events?order=desc",
            "/stats/teams",
            f"/tags/{digest}",
            "/pushes",
        )
    }
    for path, items in whole.items():
        assert len(items) > 1, path
        separator = "&" if "?" in path else "?"
        pages = follow(api, f"{path}{separator}limit=2")
        assert [len(page) for page in pages] == [2] * (len(items) // 2) + [1] * (len(items) % 2), path
        assert [item for page in pages for item in page] == items, path


def test_without_a_limit_a_list_is_whole_however_long(api: TestClient, parts: Parts) -> None:
    count = 2 * PAGE_LIMIT + 7
    digest = many_tags(parts, count)
    expected = [f"v{number}" for number in range(count)]
    assert [tag["name"] for tag in get(api, f"{ARTIFACT}/tags")] == expected
    assert get(api, f"{ARTIFACT}/tags?after=v2005") == get(api, f"{ARTIFACT}/tags")[2006:]
    assert sorted(tag["name"] for tag in get(api, f"/tags/{digest}")) == sorted(expected)
    v1 = get(api, "/v1/repositories/team/app/tags")
    assert list(v1) == ["latest", *expected]


def test_pushes_come_in_pages_always(api: TestClient, parts: Parts) -> None:
    many_tags(parts, 150)
    pushes = get(api, "/pushes", list[models.EventItem])
    assert [event["tag"] for event in pushes] == [f"v{number}" for number in range(149, 49, -1)]
