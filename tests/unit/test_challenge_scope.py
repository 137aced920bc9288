"""Which token scope a request needs, by what it asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from pierone_core.token_scope import parse_scopes
from pierone_http.v2.paths import wanted

UPLOADS = "/v2/ours/app/blobs/uploads/"
PULL, PULL_AND_PUSH = "repository:ours/app:pull", "repository:ours/app:pull,push"
DIGEST = "sha256:" + "0" * 64


def scope_of(method: str, path: str, query: str = "") -> str:
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    return wanted(Request(scope))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path", ["manifests/1.0", f"manifests/{DIGEST}", f"blobs/{DIGEST}", "tags/list", f"referrers/{DIGEST}"]
)
def test_reading_needs_pull(method: str, path: str) -> None:
    assert scope_of(method, f"/v2/ours/app/{path}") == PULL


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/ours/app/manifests/1.0"),
        ("DELETE", "/v2/ours/app/manifests/1.0"),
        ("POST", UPLOADS),
        ("POST", UPLOADS.rstrip("/")),
        ("PATCH", UPLOADS + "id"),
        ("PUT", UPLOADS + "id"),
        ("GET", UPLOADS + "id"),
        ("DELETE", UPLOADS + "id"),
    ],
)
def test_writing_and_everything_about_an_upload_needs_pull_and_push(method: str, path: str) -> None:
    assert scope_of(method, path) == PULL_AND_PUSH


def test_a_mount_needs_to_pull_from_the_other_repository_too() -> None:
    asked = scope_of("POST", UPLOADS, f"mount={DIGEST}&from=theirs/app")
    assert asked == f"{PULL_AND_PUSH} repository:theirs/app:pull"
    assert {str(repository) for repository, _ in parse_scopes([asked])} == {"ours/app", "theirs/app"}


def test_a_mount_from_a_path_with_encoded_slashes_is_the_same() -> None:
    assert scope_of("POST", UPLOADS, f"mount={DIGEST}&from=theirs%2Fapp").endswith(" repository:theirs/app:pull")


@pytest.mark.parametrize(
    "source", ["", "theirs", "*", "../theirs/app", 'theirs/app"', "theirs/app:push", "theirs%2f..%2fapp"]
)
def test_a_source_that_is_no_repository_is_not_repeated(source: str) -> None:
    assert scope_of("POST", UPLOADS, f"mount={DIGEST}&from={source}") == PULL_AND_PUSH


@pytest.mark.parametrize("path", ["/v2/", "/v2", "/v2/_catalog", "/v2/token", "/v2/ours/app", "/v2/ours/app/tags"])
def test_what_belongs_to_no_repository_needs_no_scope(path: str) -> None:
    assert scope_of("GET", path) == ""


@pytest.mark.parametrize("name", ["Ours/app", "ours", "ours//app", 'ours/app",x="', "ours/app\r\nx", "оurs/app"])  # noqa: RUF001
def test_a_name_that_is_no_repository_is_not_repeated(name: str) -> None:
    assert scope_of("GET", f"/v2/{name}/tags/list") == ""
    assert scope_of("PUT", f"/v2/{name}/manifests/1.0") == ""


@given(st.sampled_from(["GET", "POST", "PUT"]), st.text(), st.text())
def test_whatever_is_asked_for_can_stand_in_a_header_and_is_understood(method: str, name: str, source: str) -> None:
    asked = scope_of(method, f"/v2/{name}/blobs/uploads/", f"from={source.encode(errors='ignore').decode()}")
    assert '"' not in asked
    assert asked.isprintable()
    assert len(parse_scopes([asked])) >= len(asked.split())
