"""Descriptors inside a manifest that are none: 400 MANIFEST_INVALID, naming the place."""

import pytest
from tests.integration.oci import (
    OCI_LAYER,
    OCI_MANIFEST,
    Document,
    Refusal,
    Repository,
    digest_of,
    index_of,
    refusal,
)

BLOB: Document = {"mediaType": OCI_LAYER, "digest": digest_of(b"a blob that nobody pushed"), "size": 25}
# Were it valid, it would be refused for its blobs, which is another error.
IMAGE: Document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": BLOB, "layers": [BLOB]}
NOT_A_STRING = [0, 1, 1.5, True, False, [], ["x"], {}, {"x": "y"}]
NOT_A_LIST = [0, 1, True, False, "", "x", {}, {"x": 1}]
NOT_AN_OBJECT = [0, 1, True, False, "", "x", [], [1]]


def refused(repo: Repository, manifest: Document) -> Refusal:
    error = refusal(repo.put("1.0", manifest))
    assert (error.status, error.code) == (400, "MANIFEST_INVALID")
    assert repo.manifest("1.0").status_code == 404
    return error


@pytest.mark.parametrize("value", [*NOT_A_LIST, [None], [1], ["x"], [[]]], ids=repr)
@pytest.mark.parametrize("field", ["layers", "manifests"])
def test_a_list_of_the_wrong_type_is_refused(repo: Repository, field: str, value: object) -> None:
    refused(repo, IMAGE | {"layers": value} if field == "layers" else index_of(manifests=value))


@pytest.mark.parametrize("value", [*NOT_AN_OBJECT, None, {}], ids=repr)
def test_a_config_of_the_wrong_type_is_refused(repo: Repository, value: object) -> None:
    refused(repo, IMAGE | {"config": value})


def test_an_image_without_a_config_is_refused(repo: Repository) -> None:
    refused(repo, {key: value for key, value in IMAGE.items() if key != "config"})


def with_descriptor(place: str, bad: Document) -> Document:
    fields: Document = {place: bad if place in ("config", "subject") else [BLOB, bad]}
    return index_of(**fields) if place == "manifests" else IMAGE | fields


WRONG_IN_DESCRIPTORS: dict[str, list[object]] = {
    "mediaType": [*NOT_A_STRING, None, "", "é/x", "a\nb"],
    "digest": [*NOT_A_STRING, None, "", "sha256:abc", "md5:" + "0" * 32, "SHA256:" + "0" * 64, "\ud800:x"],
    "size": [None, "1", 1.0, True, -1, [], {}, 2**63],
}


@pytest.mark.parametrize("place", ["config", "layers", "manifests", "subject"])
@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG_IN_DESCRIPTORS.items() for value in values], ids=repr
)
def test_a_malformed_descriptor_is_refused(repo: Repository, place: str, field: str, value: object) -> None:
    assert place in refused(repo, with_descriptor(place, BLOB | {field: value})).message


# No client in Go could read these again; a tag that held them would hold them for ever.
UNREADABLE: dict[str, list[object]] = {
    "urls": [1, "x", {}, [1]],
    "annotations": [1, "x", [], {"a": 1}],
    "data": [1, [], {}, "not base64!"],
    "artifactType": [1, [], {}],
}


@pytest.mark.parametrize("place", ["config", "manifests"])
@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in UNREADABLE.items() for value in values], ids=repr
)
def test_a_descriptor_that_clients_cannot_read_is_refused(
    repo: Repository, place: str, field: str, value: object
) -> None:
    assert place in refused(repo, with_descriptor(place, BLOB | {field: value})).message


@pytest.mark.parametrize("field", ["mediaType", "digest", "size"])
def test_a_descriptor_needs_type_digest_and_size(repo: Repository, field: str) -> None:
    refused(repo, IMAGE | {"layers": [{key: value for key, value in BLOB.items() if key != field}]})
