"""The description of the API, and what no route answers."""

import json

import pytest
from starlette.testclient import TestClient
from tests.unit.api.answers import ARTIFACT, get, problem
from tests.unit.api.layers import FILE, SCM_SOURCE, layer
from tests.unit.api.registry import Parts

from pierone_http.api import models


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


def test_what_nobody_foresaw_is_a_500_without_its_cause(
    api: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.push("1.0", parts.image(layer((FILE, SCM_SOURCE))))
    monkeypatch.setattr(parts.store, "open_blob", lambda *_: 1 / 0)
    answered = problem(api, f"{ARTIFACT}/tags/1.0", 500)
    assert ("division" in json.dumps(answered), answered["code"]) == (False, "UNKNOWN")
