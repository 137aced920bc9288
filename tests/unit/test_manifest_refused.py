"""Manifests that are refused: each with a sentence that says what is wrong, and never with another exception."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pierone_core.descriptor import KNOWN_KEYS
from pierone_core.errors import ManifestInvalid
from pierone_core.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Manifest, parse
from pierone_core.values import Digest

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
BLOB = {"mediaType": "a/b", "digest": str(Digest.of(b"")), "size": 0}
IMAGE = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": BLOB, "layers": [BLOB]}
INDEX = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [BLOB]}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "manifest is not JSON"),
        (b"\xff", "manifest is not JSON"),
        (b"\xef\xbb\xbf{}", "manifest is not JSON"),
        (b"{", "manifest is not JSON"),
        (b"{} {}", "manifest is not JSON"),
        (b"[" * 100_000, "manifest is not JSON"),
        (b'{"a":' * 100_000, "manifest is not JSON"),
        (b'{"size": NaN}', "NaN is not a JSON value"),
        (b'{"size": -Infinity}', "-Infinity is not a JSON value"),
        (b'{"size": ' + b"9" * 5000 + b"}", "manifest is not JSON"),
        (b'{"a": 1, "a": 1}', "a key stands twice"),
        (b'{"a": {"b": 1, "b": 2}}', "a key stands twice"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"7", "not a JSON object"),
    ],
)
def test_what_is_not_one_json_object_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(ManifestInvalid, match=re.escape(sentence)) as error:
        parse(data, OCI_MANIFEST)
    assert len(error.value.message) < 1000


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "media type '' is not supported; send one of"),
        ({**IMAGE, "mediaType": "application/json"}, "media type 'application/json' is not supported"),
        ({**IMAGE, "mediaType": "x" * 100_000}, "is not supported; send one of"),
        ({**IMAGE, "mediaType": OCI_MANIFEST.upper()}, "is not supported"),
        ({**IMAGE, "mediaType": 7}, "media type 7 is not supported"),
        ({**IMAGE, "mediaType": [OCI_MANIFEST]}, "is not supported"),
        ({**IMAGE, "mediaType": {"a": "b"}}, "is not supported"),
        ({**IMAGE, "schemaVersion": 1}, "schema 1 manifests are not accepted"),
        ({**IMAGE, "schemaVersion": 3}, "manifest needs schemaVersion 2"),
        ({**IMAGE, "schemaVersion": "2"}, "manifest needs schemaVersion 2"),
        ({**IMAGE, "schemaVersion": None}, "manifest needs schemaVersion 2"),
        ({"mediaType": OCI_MANIFEST, "config": BLOB}, "manifest needs schemaVersion 2"),
        ({**IMAGE, "manifests": []}, f"manifest of type {OCI_MANIFEST} must not have manifests"),
        ({**INDEX, "layers": []}, "must not have layers: it would be ambiguous"),
        ({**INDEX, "config": BLOB}, "must not have config"),
        ({**INDEX, "layers": None, "fsLayers": [], "config": {}}, "must not have config, fsLayers, layers"),
        ({**IMAGE, "config": None}, "config is not a descriptor"),
        ({"schemaVersion": 2, "mediaType": DOCKER_MANIFEST}, "config is not a descriptor"),
        ({**IMAGE, "config": [BLOB]}, "config is not a descriptor"),
        ({**IMAGE, "layers": {}}, "layers is not a list"),
        ({**IMAGE, "layers": [BLOB, "x"]}, "layers[1] is not a descriptor"),
        ({**IMAGE, "layers": [None]}, "layers[0] is not a descriptor"),
        ({**INDEX, "manifests": "x"}, "manifests is not a list"),
        ({**INDEX, "manifests": [{}]}, "manifests[0] needs a mediaType and a size"),
        ({**INDEX, "manifests": [{**BLOB, "digest": "md5:abc"}]}, "manifests[0]: digest algorithm 'md5'"),
        ({**IMAGE, "subject": "x"}, "subject is not a descriptor"),
        ({**IMAGE, "subject": []}, "subject is not a descriptor"),
        ({**IMAGE, "subject": {}}, "subject needs a mediaType and a size"),
        ({**IMAGE, "subject": {**BLOB, "size": -1}}, "subject needs a mediaType and a size"),
        ({**IMAGE, "artifactType": 7}, "artifactType of manifest is not a media type"),
        ({**IMAGE, "artifactType": "a/\N{WHALE}"}, "artifactType of manifest is not a media type"),
        ({**INDEX, "artifactType": "a/b\nX-Evil: 1"}, "artifactType of manifest is not a media type"),
        ({**IMAGE, "Layers": []}, "clients would disagree on what 'Layers' of manifest means"),
        ({**IMAGE, "layer\N{LATIN SMALL LETTER LONG S}": []}, "clients would disagree"),
        ({**INDEX, "CONFIG": BLOB}, "clients would disagree on what 'CONFIG' of manifest means"),
        ({**IMAGE, "layers": [{**BLOB, "Digest": "x"}]}, "clients would disagree on what 'Digest' of layers[0] means"),
        ({**IMAGE, "annotations": "x"}, "annotations of manifest is not a map of strings to strings"),
        ({**IMAGE, "annotations": []}, "annotations of manifest is not a map of strings to strings"),
        ({**IMAGE, "annotations": {"a": 1}}, "annotations of manifest is not a map of strings to strings"),
        ({**IMAGE, "annotations": {"a": None}}, "annotations of manifest is not a map of strings to strings"),
    ],
)
def test_a_document_that_is_no_manifest_is_refused(document: object, sentence: str) -> None:
    with pytest.raises(ManifestInvalid, match=re.escape(sentence)) as error:
        parse(json.dumps(document).encode(), None)
    assert len(error.value.message) < 1000


@pytest.mark.parametrize(
    ("document", "content_type", "sentence"),
    [
        (IMAGE, OCI_INDEX, f"Content-Type '{OCI_INDEX}' differs from the manifest's mediaType '{OCI_MANIFEST}'"),
        (INDEX, DOCKER_LIST, "differs from the manifest's mediaType"),
        (IMAGE, "application/json", "differs from the manifest's mediaType"),
        (IMAGE, "x" * 10_000, "Content-Type"),
        ({**IMAGE, "mediaType": [1]}, OCI_MANIFEST, "differs from the manifest's mediaType"),
        ({**IMAGE, "mediaType": None}, "application/json", "is not supported"),
        ({"schemaVersion": 1, "fsLayers": []}, SCHEMA_1, "schema 1 manifests are not accepted"),
        ({"schemaVersion": 1, "fsLayers": []}, None, "convert with skopeo copy --format v2s2"),
        (IMAGE, SCHEMA_1, "schema 1 manifests are not accepted"),
    ],
)
def test_a_manifest_is_not_taken_for_what_it_does_not_say_it_is(
    document: object, content_type: str | None, sentence: str
) -> None:
    with pytest.raises(ManifestInvalid, match=re.escape(sentence)) as error:
        parse(json.dumps(document).encode(), content_type)
    assert len(error.value.message) < 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
descriptors = st.fixed_dictionaries(
    {
        "mediaType": st.just("a/b") | json_values,
        "digest": st.just(str(Digest.of(b""))) | json_values,
        "size": st.just(0) | json_values,
    },
    optional={"urls": json_values},
)
fields = json_values | descriptors | st.lists(descriptors | json_values, max_size=3)
content_types = st.sampled_from([None, "", OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, SCHEMA_1]) | st.text()


@settings(deadline=None)
@given(data=st.binary() | st.text().map(str.encode), content_type=content_types)
def test_arbitrary_bytes_are_refused_as_a_manifest(data: bytes, content_type: str | None) -> None:
    with pytest.raises(ManifestInvalid):
        parse(data, content_type)


def taken_or_refused(data: bytes, content_type: str | None) -> Manifest | ManifestInvalid:
    try:
        return parse(data, content_type)
    except ManifestInvalid as refusal:
        return refusal


@settings(deadline=None, max_examples=300)
@given(
    base=st.sampled_from([{}, IMAGE, INDEX]),
    changes=st.dictionaries(st.sampled_from(sorted(KNOWN_KEYS)), fields, max_size=3),
    content_type=content_types,
)
@example(base=IMAGE, changes={"mediaType": [OCI_MANIFEST]}, content_type=None)
@example(base=IMAGE, changes={"annotations": {"a": "\ud800"}}, content_type=None)
def test_arbitrary_documents_are_taken_or_refused_and_nothing_else(
    base: dict[str, object], changes: dict[str, object], content_type: str | None
) -> None:
    data = json.dumps({**base, **changes}).encode()
    outcome = taken_or_refused(data, content_type)
    if isinstance(outcome, ManifestInvalid):
        assert json.dumps([outcome.message, outcome.detail])
    else:
        assert (outcome.data, outcome.digest) == (data, Digest.of(data))
