"""The pages about the API say what is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pierone_core.access_policy import WRITE_ALL_TRUSTED
from pierone_core.catalogue import PAGE_LIMIT
from pierone_core.layer_archive import SAID_MAX_BYTES
from pierone_core.scm_search import LAYER_SECONDS, LAYERS_MAX, SEARCH_SECONDS, STORED_MAX_BYTES, UNPACKED_MAX_BYTES
from pierone_core.scm_source import DOCUMENT_MAX_BYTES
from pierone_http.api.models import Problem, ScmSourceItem, TagItem
from pierone_http.container import Container
from pierone_http.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"
PAGE, OLD, ADR = (
    DOCS / name for name in ("pierone-api.md", "coming-from-the-old-pier-one.md", "adr/0012-scm-source.md")
)
REQUEST = re.compile(r"^\| `([A-Z]+) (/[^`]*)`(?: \([^|]*\))? \| (.*) \|$", re.MULTILINE)


def described() -> dict[str, Any]:
    """The OpenAPI document of a server."""
    api: Any = Container(settings=Settings(storage="memory")).app()
    while not hasattr(api, "openapi"):  # it may be wrapped, for logs
        api = getattr(api, "_api", None) or api._app  # noqa: SLF001 - no request needs it
    document: dict[str, Any] = api.openapi()
    return document


@pytest.fixture(scope="module")
def paths() -> set[tuple[str, str]]:
    """The requests that the OpenAPI document has."""
    return {(method.upper(), path) for path, methods in described()["paths"].items() for method in methods}


def test_the_page_of_the_api_has_every_request_that_is_described_and_no_other(paths: set[tuple[str, str]]) -> None:
    assert {(method, path) for method, path, _ in REQUEST.findall(PAGE.read_text())} == paths


@pytest.mark.parametrize(("number", "model"), list(enumerate([TagItem, ScmSourceItem, Problem])))
def test_an_example_of_the_page_is_an_answer_in_full(number: int, model: type[BaseModel]) -> None:
    example = json.loads(re.findall(r"^```json\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[number])
    assert model.model_validate(example, strict=True).model_dump() == example


def test_what_the_page_for_users_of_the_old_server_calls_there_is_there(paths: set[tuple[str, str]]) -> None:
    rows = REQUEST.findall(OLD.read_text())
    assert len(rows) > 20
    there = {(method, path) for method, path, became in rows if became.startswith("there")}
    assert there - paths == {("GET", "/v2/{team}/{artifact}/tags/list")} & there
    assert not {(method, path) for method, path, became in rows if became.startswith("gone")} & paths


def test_settings_that_took_the_place_of_old_ones_exist() -> None:
    section = OLD.read_text().partition("## Settings")[2]
    named = set(re.findall(r"PIERONE_(\w+)", section)) | {"MUTABLE_TAGS"}
    assert len(named) > 8
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_figures_of_the_pages_are_those_of_the_code() -> None:
    assert f"at most {PAGE_LIMIT}" in PAGE.read_text()
    assert WRITE_ALL_TRUSTED in PAGE.read_text()
    limits = (STORED_MAX_BYTES >> 20, UNPACKED_MAX_BYTES >> 20, SAID_MAX_BYTES >> 20, DOCUMENT_MAX_BYTES >> 10)
    written = [
        f"{limits[0]} MiB",
        f"{limits[1]} MiB",
        f"{limits[2]} MiB",
        f"{limits[3]} KiB",
        f"{SEARCH_SECONDS:.0f} seconds",
        f"{LAYER_SECONDS:.0f} seconds",
        f"{LAYERS_MAX} layers",
    ]
    assert [figure for figure in written if figure not in ADR.read_text()] == []
