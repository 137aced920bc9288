"""Paths that can be read in two ways."""

import pytest
from starlette.testclient import TestClient
from tests.unit.api.answers import ARTIFACT, get, problem
from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer
from tests.unit.api.registry import Parts

from pierone_core.values import Repository
from pierone_http.api import models


def test_an_artifact_of_several_components_has_all_routes(api: TestClient, parts: Parts) -> None:
    repository = Repository.parse("team/a/tags/b")
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE)), repository=repository), repository)
    base = "/teams/team/artifacts/a/tags/b"
    assert get(api, f"{base}/tags")[0]["name"] == "1.0"
    assert get(api, f"{base}/tags/1.0")["artifact"] == "a/tags/b"
    assert get(api, f"{base}/tags/1.0/scm-source")["url"] == SOURCE["url"]
    assert get(api, f"{base}/events")[0]["artifact"] == "a/tags/b"
    assert get(api, "/v1/repositories/team/a/tags/b/tags")["1.0"]


@pytest.fixture
def odd(parts: Parts) -> Parts:
    """Push tags that are called like the ends of paths."""
    for tag in ("tags", "events", "scm-source"):
        parts.push(tag, parts.image(layer((FILE, SCM_SOURCE))))
    return parts


@pytest.mark.usefixtures("odd")
def test_a_tag_may_be_called_like_the_end_of_a_path(api: TestClient) -> None:
    for tag in ("tags", "events", "scm-source"):
        assert get(api, f"{ARTIFACT}/tags/{tag}", models.TagDetailItem)["name"] == tag
        assert get(api, f"{ARTIFACT}/tags/{tag}/scm-source", models.ScmSourceItem)["url"] == SOURCE["url"]
        assert get(api, f"/v1/repositories/team/app/tags/{tag}", str).startswith("sha256:")
    assert len(get(api, f"{ARTIFACT}/tags", list[models.TagItem])) == 3


def test_where_a_path_can_be_read_in_two_ways_the_longer_artifact_counts(api: TestClient, odd: Parts) -> None:
    longer = Repository.parse("team/app/tags")
    odd.push("1.0", odd.image(repository=longer), longer)
    assert [tag["name"] for tag in get(api, f"{ARTIFACT}/tags/tags")] == ["1.0"]
    assert get(api, f"{ARTIFACT}/tags/events")[-1]["tag"] == "1.0"
    assert list(get(api, "/v1/repositories/team/app/tags/tags")) == ["latest", "1.0"]
    assert get(api, f"{ARTIFACT}/tags/tags/scm-source")["url"] == SOURCE["url"]
    odd.push("scm-source", odd.image(repository=longer), longer)
    assert get(api, f"{ARTIFACT}/tags/tags/scm-source")["artifact"] == "app/tags"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{ARTIFACT}/tags/tags", "NAME_UNKNOWN"),
        (f"{ARTIFACT}/tags/events", "NAME_UNKNOWN"),
        (f"{ARTIFACT}/tags/tags/scm-source", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/scm-source", "MANIFEST_UNKNOWN"),
        ("/v1/repositories/team/app/tags/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/tags/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/xtags/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/app/events", "NAME_UNKNOWN"),
    ],
)
def test_where_neither_reading_finds_anything_it_is_a_404(api: TestClient, path: str, code: str) -> None:
    assert problem(api, path, 404)["code"] == code
