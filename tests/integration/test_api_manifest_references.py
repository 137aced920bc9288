"""What a manifest refers to: blobs and children that must be there, layers and subjects that need not."""

import pytest
from tests.integration.oci import (
    OCI_LAYER,
    OCI_MANIFEST,
    Repository,
    descriptor,
    digest_of,
    encode,
    index_of,
    refusal,
)

EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
NOBODYS_MANIFEST = descriptor(b"a manifest that nobody pushed", OCI_MANIFEST)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ],
)
def test_a_layer_that_is_not_distributed_need_not_be_there(repo: Repository, media_type: str) -> None:
    repo.push("1.0", repo.image(layers=[descriptor(b"not pushed", media_type)]))


def test_an_artifact_is_taken(repo: Repository) -> None:
    config, data = repo.push_blob(b"{}", EMPTY_CONFIG), repo.push_blob(b"{'sbom': 1}", "text/spdx")
    artifact = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "text/spdx", "config": config}
    repo.push("sbom", artifact | {"layers": [data]})


@pytest.mark.parametrize("kind", ["image", "index"])
@pytest.mark.parametrize("there", [True, False])
def test_the_answer_names_the_subject_whether_it_is_there_or_not(repo: Repository, kind: str, *, there: bool) -> None:
    subject = repo.push("1.0", repo.image()) if there else NOBODYS_MANIFEST
    document = repo.image(subject=subject) if kind == "image" else index_of(subject=subject)
    response = repo.put("signature", document)
    assert (response.status_code, response.headers["OCI-Subject"]) == (201, subject["digest"])
    assert repo.put("signature", document).headers["OCI-Subject"] == subject["digest"]


def test_an_index_may_hold_indexes_and_nothing(repo: Repository) -> None:
    empty = repo.push("", index_of())
    image = repo.push("", repo.image())
    inner = repo.push("", index_of(image, {**empty, "platform": {"os": "linux", "architecture": "arm64"}}))
    outer = index_of(inner, image)
    repo.push("1.0", outer)
    assert repo.manifest("1.0").content == encode(outer)


def test_an_index_may_list_blobs_as_build_caches_do(repo: Repository) -> None:
    repo.push("cache", index_of(repo.push_blob(b"a cached layer", OCI_LAYER)))


@pytest.mark.parametrize("place", ["config", "layers", "manifests"])
def test_unknown_content_is_refused_with_all_that_is_missing(repo: Repository, place: str) -> None:
    other = Repository(repo.api)
    elsewhere = other.push_blob(b"pushed, but to another repository")
    missing = [descriptor(f"missing {i}".encode(), OCI_LAYER) for i in range(3)] + [elsewhere]
    if place == "manifests":
        document = index_of(*missing, repo.push("", repo.image()), missing[0])
    elif place == "layers":
        document = repo.image(layers=[*missing, repo.push_blob(b"there"), missing[0]])
    else:
        missing = missing[:1]
        document = repo.image(config=missing[0])
    error = refusal(repo.put("1.0", document))
    assert (error.status, error.code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert error.detail["digests"] == [blob["digest"] for blob in missing]
    assert str(missing[0]["digest"]) in error.message

    assert repo.manifest("1.0").status_code == 404
    assert repo.manifest(digest_of(encode(document))).status_code == 404


def test_a_refused_tag_is_free_and_the_push_succeeds_when_all_is_there(repo: Repository) -> None:
    image = repo.image(layers=[descriptor(b"late", OCI_LAYER)])
    assert refusal(repo.put("1.0", image)).code == "MANIFEST_BLOB_UNKNOWN"
    repo.push_blob(b"late")
    assert repo.put("1.0", image).status_code == 201


def test_a_child_of_another_repository_is_unknown(repo: Repository) -> None:
    other = Repository(repo.api)
    child = other.push("1.0", other.image())
    assert refusal(repo.put("1.0", index_of(child))).code == "MANIFEST_BLOB_UNKNOWN"
