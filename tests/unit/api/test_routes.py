"""The API as its clients see it: shapes, pages, errors, and what stays of the old server."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from dependency_injector import providers
from pydantic import TypeAdapter
from starlette.testclient import TestClient
from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer
from tests.unit.api.registry import ALICE, APP, Parts

from pierone_core.catalogue import PAGE_LIMIT
from pierone_core.errors import Unavailable
from pierone_core.values import Digest, Repository, Tag
from pierone_http.api import models
from pierone_http.container import Container
from pierone_http.settings import Settings

ARTIFACT = "/teams/team/artifacts/app"
CONFIG = {"os": "linux", "architecture": "amd64", "config": {"Labels": {"maintainer": "jdoe"}}}
OLD_FIELDS = {
    "name",
    "created",
    "created_by",
    "image",
    "clair_id",
    "severity_fix_available",
    "severity_no_fix_available",
    "clair_details",
}


@pytest.fixture
def parts() -> Parts:
    """Begin a registry in memory."""
    return Parts()


@pytest.fixture
def api(parts: Parts) -> Iterator[TestClient]:
    """Serve it."""
    container = Container(settings=Settings(storage="memory"))
    container.metadata.override(providers.Object(parts.metadata))
    container.blob_store.override(providers.Object(parts.store))
    with TestClient(container.app(), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def get(api: TestClient, path: str, model: Any = None) -> Any:  # noqa: ANN401 - whatever JSON can be
    """What is answered, which fits `model`."""
    response = api.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    if model is not None:
        TypeAdapter(model).validate_python(response.json(), strict=True)
    return response.json()


def problem(api: TestClient, path: str, status: int, method: str = "GET") -> dict[str, Any]:
    """The error that is answered."""
    response = api.request(method, path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = models.Problem.model_validate_json(response.content).model_dump()
    assert (body["status"], body["detail"]) == (status, body["message"])
    return body


def many_tags(parts: Parts, count: int) -> Digest:
    """Push one image under many tags."""
    manifest = parts.image(config=CONFIG)
    tags = [Tag(f"v{number}") for number in range(count)]
    digest = Digest.of(manifest)
    parts.registry.push_manifests.put_manifest(ALICE, APP, digest, None, manifest, tags)
    return digest


def test_tags_have_the_fields_and_the_times_of_the_old_server_in_the_order_of_creation(
    api: TestClient, parts: Parts
) -> None:
    digest = parts.push("2.0", parts.image(config=CONFIG))
    parts.push("1.0", parts.image(config=CONFIG))
    newest = get(api, f"{ARTIFACT}/tags", list[models.TagItem])
    assert [tag["name"] for tag in newest] == ["2.0", "1.0"]
    first = newest[0]
    assert first.keys() >= OLD_FIELDS
    assert first["created"] == "2015-08-20T08:14:59.432Z"
    assert datetime.strptime(first["created"], "%Y-%m-%dT%H:%M:%S.%fZ").second == 59  # noqa: DTZ007 - as the old client
    assert (first["created_by"], first["digest"]) == ("alice", str(digest))
    assert first["image"] == str(Digest.of(json.dumps(CONFIG).encode()))
    assert first["clair_id"] is None


def test_lists_of_teams_and_artifacts_are_plain(api: TestClient, parts: Parts) -> None:
    assert get(api, "/teams") == []
    for name in ("team/b", "team/a/part", "other/x"):
        repository = Repository.parse(name)
        parts.push("1.0", parts.image(repository=repository), repository)
    assert get(api, "/teams", list[str]) == ["other", "team"]
    assert get(api, "/teams/team/artifacts", list[str]) == ["a/part", "b"]
    assert get(api, "/teams/nobody/artifacts") == []
    assert get(api, "/teams/NOBODY%20!/artifacts") == []


def test_an_artifact_of_several_components_has_all_routes(api: TestClient, parts: Parts) -> None:
    repository = Repository.parse("team/a/tags/b")
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE)), repository=repository), repository)
    base = "/teams/team/artifacts/a/tags/b"
    assert get(api, f"{base}/tags")[0]["name"] == "1.0"
    assert get(api, f"{base}/tags/1.0")["artifact"] == "a/tags/b"
    assert get(api, f"{base}/tags/1.0/scm-source")["url"] == SOURCE["url"]
    assert get(api, f"{base}/events")[0]["artifact"] == "a/tags/b"
    assert get(api, "/v1/repositories/team/a/tags/b/tags")["1.0"]


def test_a_tag_is_shown_with_what_it_holds(api: TestClient, parts: Parts) -> None:
    packed = layer((FILE, SCM_SOURCE))
    parts.push("1.0", parts.image(packed, config=CONFIG))
    for name in ("1.0", "latest"):
        detail = get(api, f"{ARTIFACT}/tags/{name}", models.TagDetailItem)
        assert (detail["name"], detail["team"], detail["artifact"]) == ("1.0", "team", "app")
        assert detail["size"] == len(packed) + len(json.dumps(CONFIG))
        assert detail["platforms"] == [{"os": "linux", "architecture": "amd64", "variant": "", "digest": None}]
        assert detail["labels"] == {"maintainer": "jdoe"}
        assert detail["scm_source"]["origin"] == "layer"


def test_a_source_is_shown_with_its_origin_in_text_only(api: TestClient, parts: Parts) -> None:
    packed = layer((FILE, SCM_SOURCE))
    parts.push("1.0", parts.image(packed))
    shown = get(api, f"{ARTIFACT}/tags/1.0/scm-source", models.ScmSourceItem)
    created = "2015-08-20T08:14:59.432Z"
    assert shown == SOURCE | {"created": created, "origin": "layer", "layer": str(Digest.of(packed))}
    assert all(isinstance(value, str) for value in shown.values())


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{ARTIFACT}/tags/1.0/scm-source", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/3.0", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/3.0/scm-source", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/-no-tag-", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags?after=3.0", "MANIFEST_UNKNOWN"),
        ("/teams/team/artifacts/none/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/none/events", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/NO%20NAME/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts//tags", "NAME_UNKNOWN"),
        ("/tags/sha256:00", "MANIFEST_UNKNOWN"),
        ("/v1/repositories/team/none/tags", "NAME_UNKNOWN"),
        ("/nothing/here", "UNSUPPORTED"),
        ("/v1/images/x/json", "UNSUPPORTED"),
    ],
)
def test_what_is_not_there_is_a_404_with_a_sentence(api: TestClient, parts: Parts, path: str, code: str) -> None:
    parts.push("1.0", parts.image())
    assert problem(api, path, 404)["code"] == code


@pytest.mark.parametrize(
    "path",
    [
        "/teams?limit=0",
        "/teams?limit=x",
        "/teams?after=" + "x" * 500,
        f"{ARTIFACT}/tags?order=random",
        f"{ARTIFACT}/events?after=x",
        f"{ARTIFACT}/events?after=-1",
        "/pushes?after=9999999999999999999",
        "/pushes?after=\N{SUPERSCRIPT TWO}",
        "/v1/search?q=x&n=0",
        "/v1/search?q=x&page=0",
    ],
)
def test_a_parameter_that_cannot_be_understood_is_a_400(api: TestClient, parts: Parts, path: str) -> None:
    parts.push("1.0", parts.image())
    assert problem(api, path, 400)["code"] == "UNSUPPORTED"


def test_the_end_of_a_page_of_images_is_a_tag_of_a_repository(api: TestClient, parts: Parts) -> None:
    digest = parts.push("1.0", parts.image())
    for after in ("x", "team/app", "team/app:", "team/app:-", ":1.0"):
        assert "<team>/<artifact>:<tag>" in problem(api, f"/tags/{digest}?after={after}", 400)["message"]


def test_an_image_is_found_by_its_digest_or_a_prefix(api: TestClient, parts: Parts) -> None:
    digest = parts.push("1.0", parts.image(config=CONFIG))
    parts.push("2.0", parts.image(config={"n": 2}))
    expected = [{"name": "1.0", "team": "team", "artifact": "app"}]
    for prefix in (digest, digest.encoded[:12], Digest.of(json.dumps(CONFIG).encode())):
        assert get(api, f"/tags/{prefix}", list[models.TaggedImage]) == expected
    assert "more than one image" in problem(api, "/tags/sha256:", 412)["message"]


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


def test_an_event_says_who_did_what_when(api: TestClient, parts: Parts) -> None:
    first = parts.push("dev", parts.image())
    second = parts.push("dev", parts.image(config=CONFIG))
    *_, moved = get(api, f"{ARTIFACT}/events", list[models.EventItem])
    assert moved.pop("size") > 100
    assert moved == {
        "sequence": 4,
        "time": "2015-08-20T08:15:00.432Z",
        "kind": "tag_moved",
        "caller": "alice",
        "team": "team",
        "artifact": "app",
        "tag": "dev",
        "digest": str(second),
        "previous": str(first),
        "media_type": "application/vnd.oci.image.manifest.v1+json",
    }


def test_statistics_count_teams_artifacts_tags_and_bytes(api: TestClient, parts: Parts) -> None:
    assert get(api, "/stats") == {"teams": 0, "storage": 0}
    parts.push("1.0", parts.image(b"12345"))
    parts.push("2.0", parts.image(b"12345"))
    assert get(api, "/stats", models.RegistryStats) == {"teams": 1, "storage": 7}
    assert get(api, "/stats/teams", list[models.TeamStatsItem]) == [
        {"team": "team", "stats": {"artifacts": 1, "tags": 2}}
    ]
    assert get(api, "/stats/teams/team", models.TeamStats) == {"artifacts": 1, "tags": 2}
    assert get(api, "/stats/teams/nobody") == {"artifacts": 0, "tags": 0}


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


def test_a_method_that_does_not_go_with_a_path_is_a_405(api: TestClient) -> None:
    assert "DELETE is not supported at /teams" in problem(api, "/teams", 405, "DELETE")["message"]


def test_the_api_is_described_where_old_clients_look(api: TestClient) -> None:
    document = get(api, "/swagger.json")
    assert document == get(api, "/openapi.json")
    assert "Pier One API" in document["info"]["title"]
    assert get(api, "/.well-known/schema-discovery", models.Discovery)["schema_url"] == "/swagger.json"
    for path in ("/", "/ui/"):
        response = api.get(path)
        assert (response.status_code, response.headers["location"]) == (302, "/openapi.json")


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect", "/redoc"])
def test_no_page_loads_scripts_from_elsewhere(api: TestClient, path: str) -> None:
    assert "see /openapi.json" in problem(api, path, 404)["message"]


def test_every_answer_and_parameter_is_documented_with_an_example(api: TestClient) -> None:
    document = get(api, "/openapi.json")
    undescribed = [
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if not path.startswith("/.well-known/")
        and (not operation.get("description") or "422" in operation["responses"])
    ]
    assert undescribed == []
    without = [
        (name, field)
        for name, model in document["components"]["schemas"].items()
        for field, facts in model.get("properties", {}).items()
        if not facts.keys() & {"examples", "default", "$ref", "items", "anyOf"} and facts.get("type") != "null"
    ]
    assert without == []


def test_pages_of_other_origins_may_read(api: TestClient) -> None:
    asked = {"Origin": "https://yourturn.example", "Access-Control-Request-Method": "GET"}
    wish = api.options("/v1/search", headers=asked | {"Access-Control-Request-Headers": "authorization"})
    assert (wish.status_code, wish.headers["access-control-allow-origin"]) == (200, "*")
    assert (
        api.get("/teams", headers={"Origin": "https://yourturn.example"}).headers["access-control-allow-origin"] == "*"
    )
    assert api.options("/teams", headers=asked | {"Access-Control-Request-Method": "PUT"}).status_code == 400


def test_a_store_that_does_not_answer_is_a_503_to_be_tried_again(
    api: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE))))

    def fail(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(parts.store, "open_blob", fail)
    assert problem(api, f"{ARTIFACT}/tags/1.0/scm-source", 503)["message"] == "no answer"
    assert api.get(f"{ARTIFACT}/tags/1.0").headers["retry-after"] == "5"


def test_what_nobody_foresaw_is_a_500_without_its_cause(
    api: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE))))
    monkeypatch.setattr(parts.store, "open_blob", lambda *_: 1 / 0)
    assert "division" not in json.dumps(problem(api, f"{ARTIFACT}/tags/1.0", 500))
