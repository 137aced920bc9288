"""What the API answers in tests."""

from typing import Any

from pydantic import TypeAdapter
from starlette.testclient import TestClient

from pierone_http.api import models

ARTIFACT = "/teams/team/artifacts/app"
CONFIG = {"os": "linux", "architecture": "amd64", "config": {"Labels": {"maintainer": "jdoe"}}}


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
