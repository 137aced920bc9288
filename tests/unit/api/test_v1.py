"""What stays of the API of 2014."""

import json

import pytest
from starlette.testclient import TestClient
from tests.unit.api.answers import CONFIG, get, problem
from tests.unit.api.registry import Parts

from pierone_core.values import Digest, Repository
from pierone_http.api import models


def test_v1_reads_tags_and_their_images(api: TestClient, parts: Parts) -> None:
    parts.push("1.0", parts.image(config=CONFIG))
    image = str(Digest.of(json.dumps(CONFIG).encode()))
    assert get(api, "/v1/repositories/team/app/tags") == {"latest": image, "1.0": image}
    assert get(api, "/v1/repositories/team/app/tags/1.0") == image
    assert get(api, "/v1/_ping") is True
    manifest = parts.image(repository=Repository.parse("team/untagged"))
    parts.push(str(Digest.of(manifest)), manifest, Repository.parse("team/untagged"))
    assert get(api, "/v1/repositories/team/untagged/tags") == {}


def test_v1_names_no_latest_where_there_are_only_signatures(api: TestClient, parts: Parts) -> None:
    name = f"sha256-{'a' * 64}.sig"
    parts.push(name, parts.image())
    assert list(get(api, "/v1/repositories/team/app/tags")) == [name]


def test_v1_search_comes_in_numbered_pages(api: TestClient, parts: Parts) -> None:
    for number in range(5):
        repository = Repository.parse(f"team/app-{number}")
        parts.push("1.0", parts.image(repository=repository), repository)
    found = get(api, "/v1/search?q=app&n=2&page=3", models.SearchResults)
    assert [result["name"] for result in found["results"]] == ["team/app-4"]
    assert {key: found[key] for key in ("page", "page_size", "num_pages", "num_results")} == {
        "page": 3,
        "page_size": 2,
        "num_pages": 3,
        "num_results": 5,
    }
    assert get(api, "/v1/search?q=none")["num_pages"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/repositories/team/app/"), ("PUT", "/v1/images/x/json"), ("POST", "/v1/users"), ("PUT", "/v1/x")],
)
def test_a_push_by_v1_is_refused_with_the_reason(api: TestClient, method: str, path: str) -> None:
    assert "push with Docker 1.10 or newer" in problem(api, path, 405, method)["message"]
