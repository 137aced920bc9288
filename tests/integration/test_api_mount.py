"""Mounting a blob of another repository (end-11), and pushing by a single POST (end-4b)."""

import httpx2
import pytest
from tests.integration.oci import Document, Repository, digest_of, refusal

NOBODYS = digest_of(b"a blob that nobody pushed")


@pytest.fixture
def origin(repo: Repository) -> Repository:
    return Repository(repo.api)


@pytest.fixture
def blob(origin: Repository) -> Document:
    return origin.push_blob(f"a blob of {origin.name}".encode())


def mount(repo: Repository, digest: object, origin: str | None) -> httpx2.Response:
    query = {"mount": str(digest)} | ({} if origin is None else {"from": origin})
    return repo.api.post(repo.uploads, params=query)


def test_a_blob_is_mounted_from_another_repository(repo: Repository, origin: Repository, blob: Document) -> None:
    response = mount(repo, blob["digest"], origin.name)
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["Location"] == f"{repo.url}/blobs/{blob['digest']}"
    assert response.headers["Docker-Content-Digest"] == blob["digest"]
    assert repo.blob(blob).content == origin.blob(blob).content


def test_a_blob_is_mounted_without_saying_from_where(repo: Repository, blob: Document) -> None:
    assert mount(repo, blob["digest"], None).status_code == 201
    assert repo.blob(blob).status_code == 200


def test_a_mounted_blob_may_be_mounted_on_and_again(repo: Repository, origin: Repository, blob: Document) -> None:
    third = Repository(repo.api)
    for place, source in [(repo, origin), (repo, origin), (third, repo), (repo, repo)]:
        assert mount(place, blob["digest"], source.name).status_code == 201
    assert third.blob(blob).status_code == 200


def test_a_mounted_blob_stands_for_a_pushed_one(repo: Repository, origin: Repository, blob: Document) -> None:
    image = origin.image("mounted", layers=[blob])
    assert repo.put("1.0", image).status_code == 400
    for part in (image["config"], blob):
        assert isinstance(part, dict)
        assert mount(repo, part["digest"], origin.name).status_code == 201
    assert repo.put("1.0", image).status_code == 201


@pytest.mark.parametrize("source", ["team/that-does-not-exist", "ubuntu", "Not/A/Name", "../..", ""])
def test_a_blob_that_is_not_where_the_client_says_is_uploaded_instead(repo: Repository, source: str) -> None:
    response = mount(repo, NOBODYS, source)
    assert response.status_code == 202
    assert repo.blob({"digest": NOBODYS}).status_code == 404
    query = {"digest": digest_of(b"uploaded")}
    assert repo.api.put(response.headers["Location"], params=query, content=b"uploaded").status_code == 201


def test_a_blob_of_a_third_repository_is_not_mounted_from_the_wrong_one(repo: Repository, blob: Document) -> None:
    wrong = Repository(repo.api)
    wrong.push_blob(b"so that the repository is known")
    for source in (wrong.name, repo.name, "ubuntu"):
        assert mount(repo, blob["digest"], source).status_code == 202
        assert refusal(repo.blob(blob)).code == "BLOB_UNKNOWN"


def test_a_blob_that_nobody_has_is_not_mounted(repo: Repository) -> None:
    assert mount(repo, NOBODYS, None).status_code == 202
    assert refusal(repo.blob({"digest": NOBODYS})).code == "BLOB_UNKNOWN"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("data", [b"", b"pushed at once", bytes(range(253)) * 9_001])
def test_a_blob_is_pushed_by_a_single_post(repo: Repository, data: bytes, algorithm: str) -> None:
    digest = digest_of(data, algorithm)
    response = repo.api.post(repo.uploads, params={"digest": digest}, content=data)
    assert response.status_code == 201
    assert response.headers["Docker-Content-Digest"] == digest
    assert repo.api.get(response.headers["Location"]).content == data


def test_a_single_post_may_be_streamed_without_a_length(repo: Repository) -> None:
    content = iter([b"one, ", b"two"])
    response = repo.api.post(repo.uploads, params={"digest": digest_of(b"one, two")}, content=content)
    assert "Content-Length" not in response.request.headers
    assert (response.status_code, repo.api.get(response.headers["Location"]).content) == (201, b"one, two")


def test_the_same_blob_may_be_pushed_again(repo: Repository) -> None:
    first, second = repo.push_blob(b"again"), repo.push_blob(b"again")
    assert first == second
    assert repo.blob(first).content == b"again"
