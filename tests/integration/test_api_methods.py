"""The root (end-1), methods that an endpoint does not have, paths that are no endpoint, and that nothing is deleted."""

import pytest
from tests.integration.oci import Repository, digest_of, encode, refusal

DIGEST = digest_of(b"nothing")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"}
ALLOWED = {
    "/v2/": {"GET", "HEAD"},
    "/v2": {"GET", "HEAD"},
    "/v2/_catalog": {"GET", "HEAD"},
    "{repo}/manifests/1.0": {"GET", "HEAD", "PUT"},
    f"{{repo}}/manifests/{DIGEST}": {"GET", "HEAD", "PUT"},
    f"{{repo}}/blobs/{DIGEST}": {"GET", "HEAD"},
    "{repo}/blobs/uploads/": {"POST"},
    "{repo}/blobs/uploads/1": {"GET", "PATCH", "PUT", "DELETE"},
    "{repo}/tags/list": {"GET", "HEAD"},
    f"{{repo}}/referrers/{DIGEST}": {"GET", "HEAD"},
}


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_says_which_api_this_is(repo: Repository, path: str, method: str) -> None:
    response = repo.api.request(method, path)
    assert response.status_code == 200
    assert response.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    assert response.headers["Content-Length"] == "2"
    assert method == "HEAD" or response.json() == {}


def test_every_answer_says_which_api_this_is(repo: Repository) -> None:
    for path in ("/v2/_catalog", f"{repo.url}/tags/list", "/v2/nothing", repo.uploads):
        assert repo.api.get(path).headers["Docker-Distribution-API-Version"] == "registry/2.0"


@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path, allowed in ALLOWED.items() for method in sorted(METHODS - allowed)]
)
def test_another_method_is_refused_and_the_answer_tells_which_are_not(repo: Repository, path: str, method: str) -> None:
    response = repo.api.request(method, path.format(repo=repo.url))
    assert response.status_code == 405
    assert {name.strip() for name in response.headers["Allow"].split(",")} == ALLOWED[path]
    if method != "HEAD":
        assert refusal(response).code == "UNSUPPORTED"


@pytest.mark.parametrize(
    "path",
    [
        "/v2/x",
        "/v2/_catalog/",
        "/v2/_catalog/x",
        "{repo}",
        "{repo}/",
        "{repo}/tags",
        "{repo}/tags/",
        "{repo}/tags/list/",
        "{repo}/tags/1.0",
        "{repo}/manifests",
        "{repo}/manifests/",
        "{repo}/manifests/1.0/",
        "{repo}/manifests/1.0/more",
        "{repo}/blobs",
        "{repo}/blobs/",
        "{repo}/blobs/uploads/1/",
        "{repo}/blobs/uploads/1/2",
        "{repo}/referrers",
        "{repo}/referrers/",
        "{repo}/Manifests/1.0",
    ],
)
def test_a_path_that_is_no_endpoint_is_not_found(repo: Repository, path: str) -> None:
    error = refusal(repo.api.get(path.format(repo=repo.url)))
    assert (error.status, error.code) == (404, "UNSUPPORTED")


def test_unknown_parameters_do_not_matter(repo: Repository) -> None:
    repo.push("1.0", repo.image())
    for path in ("manifests/1.0", "tags/list", f"referrers/{DIGEST}"):
        assert repo.api.get(f"{repo.url}/{path}?ns=docker.io&x=y&=&%ff").status_code == 200
    assert repo.api.post(repo.uploads + "?ns=docker.io").status_code == 202


def test_nothing_is_deleted_and_the_refusal_says_why(repo: Repository) -> None:
    image = repo.image()
    pushed, config = repo.push("1.0", image), image["config"]
    assert isinstance(config, dict)
    for path in ("manifests/1.0", f"manifests/{pushed['digest']}", f"blobs/{config['digest']}"):
        response = repo.api.delete(f"{repo.url}/{path}")
        error = refusal(response)
        assert (error.status, error.code) == (405, "UNSUPPORTED")
        assert "audit" in error.message
        assert "DELETE" not in response.headers["Allow"]
    assert repo.manifest("1.0").content == repo.manifest(pushed["digest"]).content == encode(image)
    assert repo.blob(config).status_code == 200
    assert repo.tags() == ["1.0"]
