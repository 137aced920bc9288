"""GET and HEAD of manifests (end-3): exact bytes, conditions, what may be kept, and the virtual tag `latest`."""

import pytest
from tests.integration.oci import (
    OCI_INDEX,
    OCI_MANIFEST,
    Repository,
    descriptor,
    digest_of,
    encode,
    index_of,
    refusal,
)


def test_a_manifest_is_found_by_tag_and_by_digest(repo: Repository) -> None:
    image = repo.image()
    pushed = repo.push("1.0", image)
    for reference in ("1.0", pushed["digest"]):
        response = repo.manifest(reference)
        assert response.status_code == 200
        assert response.content == encode(image)
        assert response.headers["Content-Type"] == OCI_MANIFEST
        assert response.headers["Content-Length"] == str(pushed["size"])
        assert response.headers["Docker-Content-Digest"] == pushed["digest"]
        assert response.headers["ETag"] == f'"{pushed["digest"]}"'


@pytest.mark.parametrize("by_tag", [True, False])
def test_head_has_the_headers_of_get_and_no_body(repo: Repository, *, by_tag: bool) -> None:
    pushed = repo.push("1.0", repo.image())
    reference = "1.0" if by_tag else pushed["digest"]
    get, head = repo.manifest(reference), repo.api.head(f"{repo.url}/manifests/{reference}")
    assert (head.status_code, head.content) == (200, b"")
    del get.headers["Date"], head.headers["Date"]
    assert head.headers == get.headers


@pytest.mark.parametrize(
    "form",
    [
        b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}',
        b'\n\t {"manifests" :[ ],\r\n\r\n"schemaVersion":   2 ,"mediaType":\t"%s"}  \n\n',
        b'{"zzz":{"b":1,"a":[1.10,1e2,null]},"schemaVersion":2,"mediaType":"%s","manifests":[],"aaa":""}',
        b'{"schemaVersion":2,"mediaType":"%s","manifests":[],"text":"\\u00e9\\/\xc3\xa9\\ud800"}',
        b'{"schemaVersion":2,"mediaType":"%s","manifests":[],"annotations":{"b":"1","a":"\xf0\x9f\x90\xb3"}}',
        b'{"schemaVersion":2,"media\\u0054ype":"%s","manifests":null}',
    ],
)
def test_a_manifest_comes_back_byte_for_byte(repo: Repository, form: bytes) -> None:
    data = form % OCI_INDEX.encode()
    assert repo.put("odd", data, OCI_INDEX).status_code == 201
    for reference in ("odd", digest_of(data)):
        assert repo.manifest(reference).content == data


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", OCI_MANIFEST, f"text/html, {OCI_INDEX};q=0.1"])
def test_the_type_that_was_pushed_is_sent_whatever_the_client_accepts(repo: Repository, accept: str) -> None:
    repo.push("1.0", index_of())
    response = repo.api.get(f"{repo.url}/manifests/1.0", headers={"Accept": accept})
    assert (response.status_code, response.headers["Content-Type"]) == (200, OCI_INDEX)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", ['"{}"', 'W/"{}"', '"x" , "{}"', "*"])
def test_a_client_that_has_the_manifest_is_told_so(repo: Repository, method: str, known: str) -> None:
    pushed = repo.push("1.0", index_of())
    headers = {"If-None-Match": known.format(pushed["digest"])}
    response = repo.api.request(method, f"{repo.url}/manifests/1.0", headers=headers)
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == f'"{pushed["digest"]}"'
    assert response.headers["Docker-Content-Digest"] == pushed["digest"]


def test_a_client_that_has_another_manifest_gets_this_one(repo: Repository) -> None:
    repo.push("1.0", index_of())
    headers = {"If-None-Match": f'"{digest_of(b"another")}"'}
    response = repo.api.get(f"{repo.url}/manifests/1.0", headers=headers)
    assert (response.status_code, response.content) == (200, encode(index_of()))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reference", ["2.0", "1", "1.0.0", "latest", "-x", "a" * 129, "é", digest_of(b"nothing")])
def test_what_nobody_pushed_is_not_found(repo: Repository, method: str, reference: str) -> None:
    other = Repository(repo.api)
    other.push("latest-but-elsewhere", index_of(text=other.name))
    if reference != "latest":
        repo.push("1.0", index_of())
    assert repo.api.request(method, f"{repo.url}/manifests/{reference}").status_code == 404
    assert refusal(repo.manifest(reference)).code == "MANIFEST_UNKNOWN"


def test_tags_differ_by_case(repo: Repository) -> None:
    upper, lower = index_of(text="upper"), index_of(text="lower")
    repo.push("RC", upper)
    repo.push("rc", lower)
    assert repo.manifest("RC").content == encode(upper)
    assert repo.manifest("rc").content == encode(lower)


@pytest.mark.parametrize("digest", ["sha256:baddigest", "sha1:" + "0" * 40, digest_of(b"").upper(), "x:y", ":"])
def test_what_looks_like_a_digest_and_is_none_is_refused(repo: Repository, digest: str) -> None:
    error = refusal(repo.manifest(digest))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")


def test_a_manifest_is_not_found_in_another_repository(repo: Repository) -> None:
    pushed = repo.push("1.0", repo.image("secret"))
    other = Repository(repo.api)
    other.push("2.0", index_of())
    for reference in ("1.0", pushed["digest"]):  # so that the server has just seen them
        assert repo.manifest(reference).status_code == 200
    assert refusal(other.manifest(pushed["digest"])).code == "MANIFEST_UNKNOWN"
    assert refusal(other.manifest("1.0")).code == "MANIFEST_UNKNOWN"


def test_a_manifest_is_no_blob_and_a_blob_no_manifest(repo: Repository) -> None:
    image = repo.image()
    pushed, config = repo.push("1.0", image), image["config"]
    assert isinstance(config, dict)
    assert refusal(repo.blob(pushed)).code == "BLOB_UNKNOWN"
    assert refusal(repo.manifest(config["digest"])).code == "MANIFEST_UNKNOWN"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", ["", "*"])
def test_what_cannot_change_may_be_kept_and_what_can_must_be_asked_for(
    repo: Repository, method: str, known: str
) -> None:
    digest = repo.push("1.0", index_of())["digest"]
    headers = {"If-None-Match": known} if known else {}
    found = {
        reference: repo.api.request(method, f"{repo.url}/manifests/{reference}", headers=headers).headers
        for reference in ("1.0", str(digest), "latest")
    }
    assert found["1.0"]["Cache-Control"] == "max-age=31536000, immutable"
    assert found[str(digest)]["Cache-Control"] == "max-age=31536000, immutable"
    assert found["latest"]["Cache-Control"] == "no-cache"


def test_latest_is_the_tag_that_was_created_last(repo: Repository) -> None:
    for tag in ("2.0", "10.0", "1.0"):
        index = index_of(text=tag)
        pushed = repo.push(tag, index)
        response = repo.manifest("latest")
        assert response.content == encode(index)
        assert response.headers["Docker-Content-Digest"] == pushed["digest"]


def test_latest_does_not_go_back_when_an_old_tag_is_pushed_again(repo: Repository) -> None:
    old, new = index_of(text="old"), index_of(text="new")
    repo.push("1.0", old)
    repo.push("2.0", new)
    repo.push("1.0", old)
    repo.push("", index_of(text="untagged"))
    assert repo.manifest("latest").content == encode(new)


def test_latest_goes_to_a_new_tag_of_an_old_manifest(repo: Repository) -> None:
    old, new = index_of(text="old"), index_of(text="new")
    repo.push("1.0", old)
    repo.push("2.0", new)
    repo.push("1.0-stable", old)
    assert repo.manifest("latest").content == encode(old)


def test_there_is_no_latest_without_a_tag(repo: Repository) -> None:
    repo.push("", index_of())
    assert refusal(repo.manifest("latest")).code == "MANIFEST_UNKNOWN"


def test_a_manifest_pushed_under_its_sha512_is_found_by_it(repo: Repository) -> None:
    data = encode(index_of())
    digest = digest_of(data, "sha512")
    assert repo.put(digest, data, OCI_INDEX).status_code == 201
    response = repo.manifest(digest)
    assert response.content == data
    assert response.headers["Docker-Content-Digest"] == digest
    assert descriptor(data, "")["digest"] != digest


@pytest.mark.parametrize("suffix", ["", ".sig", ".att"])
def test_latest_passes_over_the_tags_of_signing_tools(repo: Repository, suffix: str) -> None:
    version = index_of(text="version")
    pushed = repo.push("1.0", version)
    repo.push(str(pushed["digest"]).replace(":", "-") + suffix, index_of(text="signature"))
    assert repo.manifest("latest").content == encode(version)
