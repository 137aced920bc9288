"""PUT of manifests (end-7a): what is taken, under which names, and how large."""

import pytest
from tests.integration.oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Document,
    Repository,
    digest_of,
    encode,
    index_of,
    refusal,
)

EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"


@pytest.mark.parametrize("algorithm", ["", "sha256", "sha512"])
def test_the_answer_tells_digest_and_place(repo: Repository, algorithm: str) -> None:
    data = encode(repo.image())
    digest = digest_of(data, algorithm or "sha256")
    response = repo.put(digest if algorithm else "1.0", data, OCI_MANIFEST)
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["Docker-Content-Digest"] == digest
    assert response.headers["Location"] == f"{repo.url}/manifests/{digest}"
    assert "OCI-Subject" not in response.headers
    assert "OCI-Tag" not in response.headers
    assert repo.api.get(response.headers["Location"]).content == data


def test_a_push_by_digest_binds_no_tag(repo: Repository) -> None:
    repo.push("", index_of())
    assert repo.tags() == []


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_manifest_with_another_digest_is_refused_and_not_kept(repo: Repository, algorithm: str) -> None:
    data, wrong = encode(index_of()), digest_of(b"another", algorithm)
    error = refusal(repo.put(wrong, data, OCI_INDEX))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")
    for digest in (wrong, digest_of(data), digest_of(data, "sha512")):
        assert repo.manifest(digest).status_code == 404


@pytest.mark.parametrize("reference", ["-x", ".x", "a b", "é", "x" * 129, "a@b", "a+b", "a,b", "'"])
def test_a_malformed_tag_is_refused(repo: Repository, reference: str) -> None:
    error = refusal(repo.put(reference, index_of()))
    assert (error.status, error.code) == (400, "NAME_INVALID")


@pytest.mark.parametrize("reference", ["x" * 128, "_", "0", "A.b-c_d", "__x--..", "latest-1", "LATEST", "list"])
def test_every_tag_of_the_grammar_is_taken(repo: Repository, reference: str) -> None:
    repo.push(reference, index_of())
    assert repo.tags() == [reference]
    assert repo.manifest(reference).content == encode(index_of())


@pytest.mark.parametrize("reference", ["sha256:abc", "md5:" + "0" * 32, digest_of(b"").upper(), "a:b"])
def test_a_malformed_digest_is_refused(repo: Repository, reference: str) -> None:
    error = refusal(repo.put(reference, index_of()))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")


def docker_image(repo: Repository) -> Document:
    return repo.image("docker") | {"mediaType": DOCKER_MANIFEST}


@pytest.mark.parametrize("content_type", [DOCKER_MANIFEST, DOCKER_MANIFEST + "; charset=utf-8", None])
def test_a_docker_image_is_taken_and_comes_back_as_one(repo: Repository, content_type: str | None) -> None:
    image = encode(docker_image(repo))
    assert repo.put("1.0", image, content_type).status_code == 201
    response = repo.manifest("1.0")
    assert (response.headers["Content-Type"], response.content) == (DOCKER_MANIFEST, image)


def test_a_docker_list_is_taken_and_comes_back_as_one(repo: Repository) -> None:
    child = repo.push("", docker_image(repo))
    many = encode({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [child, child]})
    assert repo.put("1.0", many, DOCKER_LIST).status_code == 201
    response = repo.manifest("1.0")
    assert (response.headers["Content-Type"], response.content) == (DOCKER_LIST, many)


def test_the_media_type_may_stand_in_the_header_alone(repo: Repository) -> None:
    image = {key: value for key, value in repo.image().items() if key != "mediaType"}
    assert repo.put("1.0", encode(image), OCI_MANIFEST).status_code == 201
    assert repo.manifest("1.0").headers["Content-Type"] == OCI_MANIFEST


def test_parameters_and_case_of_the_content_type_do_not_matter(repo: Repository) -> None:
    response = repo.put("1.0", index_of(), f"{OCI_INDEX.upper()} ; charset=utf-8;x=y")
    assert response.status_code == 201
    assert repo.manifest("1.0").headers["Content-Type"] == OCI_INDEX


@pytest.mark.parametrize(
    "fields",
    [
        {"unknown": {"of": ["any", 1, 2.5, None, True]}},
        {"layers": []},
        {"layers": None},
        {"artifactType": "application/vnd.example+json"},
        {"annotations": {"a": "", "": "b", "c": "\u2603\n"}},
        {"annotations": None, "subject": None, "artifactType": ""},
    ],
)
def test_an_image_may_have_these_fields(repo: Repository, fields: Document) -> None:
    image = repo.image() | fields
    repo.push("1.0", image)
    assert repo.manifest("1.0").content == encode(image)


def test_a_descriptor_may_carry_its_data_and_more(repo: Repository) -> None:
    more = {"data": "e30=", "annotations": {"a": "b"}, "urls": ["https://example.org/x"], "artifactType": "a/b"}
    config = repo.push_blob(b"{}", EMPTY_CONFIG)
    repo.push("1.0", repo.image(config={**config, **more}))


def of_size(size: int) -> bytes:
    rest = size - len(encode(index_of(annotations={"filling": ""})))
    return encode(index_of(annotations={"filling": "x" * rest}))


@pytest.mark.parametrize("size", [4 << 20, 8 << 20])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_large_manifest_is_taken(repo: Repository, size: int, *, streamed: bool) -> None:
    data = of_size(size)
    assert len(data) == size
    content = iter([data[:7], data[7:]]) if streamed else data
    headers = {"Content-Type": OCI_INDEX}
    response = repo.api.put(f"{repo.url}/manifests/large", content=content, headers=headers)
    assert response.status_code == 201
    assert repo.manifest("large").content == data


@pytest.mark.parametrize("streamed", [True, False])
def test_a_manifest_above_the_limit_is_refused_and_the_limit_told(repo: Repository, *, streamed: bool) -> None:
    data = of_size((8 << 20) + 1)
    content = iter([data[:7], data[7:]]) if streamed else data
    headers = {"Content-Type": OCI_INDEX}
    error = refusal(repo.api.put(f"{repo.url}/manifests/large", content=content, headers=headers))
    assert (error.status, error.code) == (413, "SIZE_INVALID")
    assert str(8 << 20) in error.message
    assert repo.manifest("large").status_code == 404
