"""Bytes that are no manifest: refused with 400 MANIFEST_INVALID before they can take a tag for ever."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Document,
    Refusal,
    Repository,
    digest_of,
    encode,
    index_of,
    refusal,
)

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
SIGNED_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
BLOB: Document = {"mediaType": OCI_LAYER, "digest": digest_of(b"a blob that nobody pushed"), "size": 25}
# Were it valid, it would be refused for its blobs, which is another error.
IMAGE: Document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": BLOB, "layers": [BLOB]}
INDEX_HEAD = b'{"schemaVersion":2,"mediaType":"%s",' % OCI_INDEX.encode()
NOT_JSON = {
    "nothing": b"",
    "space": b" ",
    "half an object": b"{",
    "null": b"null",
    "list": b"[]",
    "string": b'"text"',
    "number": b"2",
    "two objects": b"{}{}",
    "rest": b"{} x",
    "single quotes": b"{'a':1}",
    "UTF-16 mark": b"\xff\xfe{}",
    "no UTF-8": b'{"a":"\xff"}',
    "byte order mark": b'\xef\xbb\xbf{"schemaVersion":2,"manifests":[]}',
    "UTF-16": '{"schemaVersion":2,"manifests":[]}'.encode("utf-16"),
    "comma at the end": INDEX_HEAD + b'"manifests":[],}',
    "NaN": INDEX_HEAD + b'"a":NaN}',
    "Infinity": INDEX_HEAD + b'"a":[Infinity]}',
    "-Infinity": INDEX_HEAD + b'"a":{"b":-Infinity}}',
    "leading zero": INDEX_HEAD + b'"a":01}',
    "line feed in a string": INDEX_HEAD + b'"a":"\n"}',
    "deep lists": INDEX_HEAD + b'"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": INDEX_HEAD + b'"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "open lists": b"[" * 1_000_000,
    "NUL": b"\x00" * 100,
    "gzip": b"\x1f\x8b\x08\x00",
}
NOT_A_STRING = [0, 1, 1.5, True, False, [], ["x"], {}, {"x": "y"}]
NOT_AN_OBJECT = [0, 1, True, False, "", "x", [], [1]]


def refused(repo: Repository, manifest: Document | bytes, media_type: str | None = None) -> Refusal:
    """Push, and see that it was refused and left no trace."""
    error = refusal(repo.put("1.0", manifest, media_type))
    assert (error.status, error.code) == (400, "MANIFEST_INVALID")
    assert repo.manifest("1.0").status_code == 404
    return error


@pytest.mark.parametrize("data", NOT_JSON.values(), ids=NOT_JSON.keys())
@pytest.mark.parametrize("media_type", [OCI_INDEX, OCI_MANIFEST])
def test_what_is_no_json_object_is_refused(repo: Repository, data: bytes, media_type: str) -> None:
    refused(repo, data, media_type)


@pytest.mark.parametrize(
    "data",
    [
        INDEX_HEAD + b'"manifests":[],"manifests":[]}',
        INDEX_HEAD + b'"manifests":[],"a":1,"a":1}',
        INDEX_HEAD + b'"manifests":[],"a":{"b":[{"c":1,"d":2,"c":3}]}}',
        INDEX_HEAD + b'"manifests":[],"schema\\u0056ersion":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused(repo: Repository, data: bytes) -> None:
    assert "twice" in refused(repo, data, OCI_INDEX).message


@pytest.mark.parametrize("media_type", [SCHEMA_1, SIGNED_SCHEMA_1, "application/json", None])
def test_schema_1_is_refused_and_the_way_on_is_told(repo: Repository, media_type: str | None) -> None:
    old = {"schemaVersion": 1, "name": "a/b", "tag": "1", "fsLayers": [], "history": [], "signatures": []}
    assert "schema 1" in refused(repo, encode(old), media_type).message


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "text/html",
        "application/vnd.oci.image.config.v1+json",
        "application/octet-stream",
        "x" * 9999,
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_an_unsupported_media_type_is_refused_with_those_that_are(
    repo: Repository, media_type: str, *, declared: bool
) -> None:
    document = {"schemaVersion": 2, "manifests": []} | ({"mediaType": media_type} if declared else {})
    error = refused(repo, encode(document), media_type)
    assert len(error.message) < 1000
    for supported in (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST):
        assert supported in error.message


def test_a_manifest_that_says_nowhere_what_it_is_is_refused(repo: Repository) -> None:
    refused(repo, b'{"schemaVersion":2,"manifests":[]}')


@pytest.mark.parametrize(
    ("sent", "declared"), [(OCI_MANIFEST, OCI_INDEX), (DOCKER_LIST, OCI_INDEX), ("x/y", OCI_INDEX)]
)
def test_two_different_media_types_are_refused_and_named(repo: Repository, sent: str, declared: str) -> None:
    error = refused(repo, index_of() | {"mediaType": declared}, sent)
    assert sent in error.message
    assert declared in error.message


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_an_image_that_could_be_taken_for_an_index_is_refused(repo: Repository, media_type: str) -> None:
    assert "manifests" in refused(repo, IMAGE | {"mediaType": media_type, "manifests": []}).message


@pytest.mark.parametrize("field", ["layers", "config", "fsLayers"])
@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index_that_could_be_taken_for_an_image_is_refused(repo: Repository, media_type: str, field: str) -> None:
    assert field in refused(repo, index_of(**{field: []}) | {"mediaType": media_type}).message


@pytest.mark.parametrize("version", [None, "2", 0, 3, 2.5, -2, True, [2], {}, 2.0])
def test_another_schema_version_is_refused(repo: Repository, version: object) -> None:
    refused(repo, index_of() | {"schemaVersion": version})


def test_a_manifest_without_a_schema_version_is_refused(repo: Repository) -> None:
    refused(repo, {"mediaType": OCI_INDEX, "manifests": []})


WRONG_FIELDS: dict[str, list[object]] = {
    "mediaType": NOT_A_STRING,
    "artifactType": [*NOT_A_STRING, "é/x", "a\nb", "long" * 64],
    "annotations": [*NOT_AN_OBJECT, {"a": 1}, {"a": None}, {"a": ["b"]}, {"a": {}}],
    "subject": NOT_AN_OBJECT,
}


@pytest.mark.parametrize("document", [IMAGE, index_of()], ids=["image", "index"])
@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG_FIELDS.items() for value in values], ids=repr
)
def test_a_field_of_the_wrong_type_is_refused(repo: Repository, document: Document, field: str, value: object) -> None:
    refused(repo, encode({**document, field: value}), str(document["mediaType"]))


@pytest.mark.parametrize("value", [*NOT_A_STRING, None, ""], ids=repr)
def test_a_media_type_of_the_wrong_type_is_refused_without_a_content_type(repo: Repository, value: object) -> None:
    refused(repo, encode(index_of() | {"mediaType": value}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "annotations", "artifactType"]
)


@given(changes=st.dictionaries(FIELDS, JSON, min_size=1, max_size=3), base=st.sampled_from([IMAGE, index_of()]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_document_confuses_the_registry(repo: Repository, changes: Document, base: Document) -> None:
    data = encode({**base, **changes})
    response = repo.put(digest_of(data), data, str(base["mediaType"]))
    if response.status_code != 201:
        assert refusal(response).code in ("MANIFEST_INVALID", "MANIFEST_BLOB_UNKNOWN")
    else:
        assert repo.manifest(digest_of(data)).content == data
