"""Names of repositories: two or more components, which may be called like parts of the API."""

import uuid
from collections.abc import Iterator

import pytest
from tests.integration.oci import OCI_INDEX, Repository, answer, connect, encode, index_of, read_refusal, wire
from tests.integration.server import Server

# Every one stands before `/manifests/...`, `/blobs/...`, `/tags/list` and so on in a path.
CONFUSING = [
    "team/blobs",
    "team/manifests",
    "team/tags",
    "team/uploads",
    "team/referrers",
    "team/list",
    "team/blobs/uploads",
    "team/tags/list",
    "team/manifests/manifests",
    "blobs/uploads",
    "blobs/uploads/manifests",
    "manifests/tags",
    "tags/list",
    "tags/list/tags/list",
    "referrers/blobs/uploads/manifests/tags",
    "v2/v2",
]
UNUSUAL = ["a/b", "0/1", "a.b/c_d", "a__b/c--d---e", "a/b/c/d/e/f/g/h", "1.0/2.0", "a/" + "b" * 253]

MALFORMED = {
    "one component": "ubuntu",
    "upper case": "Team/app",
    "upper case at the end": "team/apP",
    "dots": "team/..",
    "dots first": "../team",
    "dots between": "team/../app",
    "encoded dots": "team/%2e%2e",
    "one dot": "team/.",
    "two slashes": "team//app",
    "slash first": "/team/app",
    "slash last": "team/app/",
    "encoded slash": "team%2fapp",
    "encoded slash more": "team/app%2Fmore",
    "encoded backslash": "team%5capp",
    "300 characters": "team/" + "a" * 295,
    "256 characters": "team/" + "a" * 251,
    "50,000 characters": "team/" + "a" * 49_995,
    "unicode": "team/caf%C3%A9",
    "full width": "team/%EF%BD%81pp",
    "no UTF-8": "team/%FF%FE",
    "NUL": "team/a%00b",
    "NUL last": "team/app%00",
    "line feed": "team/app%0A",
    "carriage return": "team/app%0D%0AX-Header:%20x",
    "space": "team/my%20app",
    "percent": "team/100%25",
    "bad escape": "team/%zz",
    "dash first": "team/-app",
    "dash last": "team/app-",
    "three underscores": "team/a___b",
    "two dots": "team/a..b",
    "dot and dash": "team/a.-b",
    "colon": "team/app:1.0",
    "at sign": "team/app@1.0",
    "tilde": "~team/app",
    "star": "team/*",
    "quote": "team/'%20OR%20''='",
    "underscore first": "_catalog/app",
}
ENDPOINTS = [
    ("GET", "manifests/1.0"),
    ("HEAD", "manifests/1.0"),
    ("PUT", "manifests/1.0"),
    ("GET", "blobs/sha256:" + "0" * 64),
    ("POST", "blobs/uploads/"),
    ("POST", "blobs/uploads/?mount=sha256:" + "0" * 64),
    ("PATCH", "blobs/uploads/1"),
    ("PUT", "blobs/uploads/1?digest=sha256:" + "0" * 64),
    ("GET", "tags/list"),
    ("GET", "referrers/sha256:" + "0" * 64),
]


@pytest.fixture
def repo(request: pytest.FixtureRequest, shared_server: Server) -> Iterator[Repository]:
    with connect(shared_server.url) as api:
        yield Repository(api, request.param)


@pytest.mark.parametrize("repo", CONFUSING + UNUSUAL, indirect=True)
def test_a_repository_may_have_such_a_name(repo: Repository) -> None:
    location = repo.start_upload()
    assert location.startswith(repo.url + "/blobs/uploads/")
    assert repo.api.patch(location, content=b"chunk").status_code == 202
    assert repo.api.get(location).headers["Range"] == "0-4"
    assert repo.api.delete(location).status_code == 204

    image = repo.image(repo.name[:99])
    for tag in ("manifests", "blobs", "uploads", "tags", "list", "referrers"):
        repo.push(tag, image)
        assert repo.manifest(tag).content == encode(image)
    assert repo.tags() == ["blobs", "list", "manifests", "referrers", "tags", "uploads"]
    for blob in (image["config"], image["layers"]):
        first = blob[0] if isinstance(blob, list) else blob
        assert isinstance(first, dict)
        assert repo.blob(first).status_code == 200

    referrer = repo.push("", index_of(subject=repo.push("list", image)))
    found = repo.api.get(f"{repo.url}/referrers/{repo.push('list', image)['digest']}").json()["manifests"]
    assert found == [referrer]


def test_content_under_confusing_names_is_kept_apart(shared_server: Server) -> None:
    root = f"t{uuid.uuid4().hex}"
    names = [
        f"{root}/app",
        f"{root}/app/blobs",
        f"{root}/app/blobs/uploads",
        f"{root}/app/manifests",
        f"{root}/app/tags",
    ]
    with connect(shared_server.url) as api:
        for name in names:
            Repository(api, name).push("1.0", index_of(text=name))
        for name in names:
            assert Repository(api, name).manifest("1.0").content == encode(index_of(text=name))


@pytest.mark.parametrize("name", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_name_is_refused_by_every_endpoint(shared_server: Server, name: str) -> None:
    body = encode(index_of())
    for method, rest in ENDPOINTS:
        head = f"{method} /v2/{name}/{rest} HTTP/1.1\r\nHost: x\r\nContent-Type: {OCI_INDEX}\r\n"
        with wire(shared_server) as connection:
            connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            response, sent = answer(connection, method)
        assert response.status in (400, 404), (method, rest)
        if method != "HEAD":
            error = read_refusal(response.status, str(response.getheader("Content-Type")), sent)
            assert (error.status, error.code) in ((400, "NAME_INVALID"), (404, "UNSUPPORTED")), (method, rest)
            assert len(sent) < 2000


@pytest.mark.parametrize("name", ["ubuntu", "Team/app", "team/my%20app"])
def test_the_refusal_of_a_name_says_how_names_look(shared_server: Server, name: str) -> None:
    with connect(shared_server.url) as api:
        response = api.get(f"/v2/{name}/tags/list")
    error = read_refusal(response.status_code, response.headers["Content-Type"], response.content)
    assert error.code == "NAME_INVALID"
    assert "<team>/<artifact>" in error.message
