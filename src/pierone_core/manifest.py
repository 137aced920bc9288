"""Reading a manifest that is being pushed: what it is, what it needs, what it refers to.

The bytes are never rewritten; unknown fields are kept because nothing is re-encoded. Rules come from the
OCI image spec (manifest, index, descriptor) and Docker's schema 2. Not done here: whether the referenced
content exists (`push_manifests`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pierone_core.descriptor import (
    Descriptor,
    read_annotations,
    read_descriptor,
    read_descriptors,
    read_type,
    refuse_lookalikes,
)
from pierone_core.errors import ManifestInvalid
from pierone_core.values import Digest

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
IMAGE_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
# Clients refuse documents above 4 MiB (spec: "Pushing Manifests"), and a list of referrers is one.
CLIENTS_READ_BYTES = 4 << 20
# So that a list with a single referrer can be read; the rest is for what else stands in it.
ANNOTATIONS_MAX_BYTES = CLIENTS_READ_BYTES - (2 << 10)
# An index has an image for each platform; of one with more the first are found by their digests.
_IMAGES_MAX = 100
_SCHEMA_VERSION = 2
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest and what the registry must know of it.

    `blobs` and `children` must exist in the repository; `subject` need not. `artifact_type` is what a
    referrers list shows: the manifest's own, or for an image its config's media type.
    """

    digest: Digest
    media_type: str
    data: bytes
    blobs: tuple[Digest, ...]
    children: tuple[Digest, ...]
    subject: Digest | None
    artifact_type: str | None
    annotations: Mapping[str, str]

    @property
    def config(self) -> Digest | None:
        """The digest of an image's config; None for an index."""
        return self.blobs[0] if self.media_type in IMAGE_TYPES else None

    @property
    def images(self) -> tuple[Digest, ...]:
        """By which other digests people know what it holds: of its config, or of the (first) images of an index."""
        return (self.config,) if self.config else self.children[:_IMAGES_MAX]


def shortest_json(document: object) -> bytes:
    """`document` in no more bytes than anybody else writes it in: nothing is escaped that need not be."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")  # half a surrogate pair is no UTF-8, but it can be escaped


def parse(data: bytes, content_type: str | None, algorithm: str = "sha256") -> Manifest:
    """Read `data`, sent as `content_type`; raise `ManifestInvalid` saying what is wrong with it."""
    document = _read_json(data)
    media_type = _media_type(document, content_type)
    version = document.get("schemaVersion")
    if type(version) is not int or version != _SCHEMA_VERSION:
        raise ManifestInvalid("manifest needs schemaVersion 2")
    _refuse_ambiguity(document, media_type)
    refuse_lookalikes(document, "manifest")
    subject, annotations = _subject(document), read_annotations(document, "manifest")
    if subject and len(data) > ANNOTATIONS_MAX_BYTES:
        _check_listable(annotations)
    return Manifest(
        digest=Digest.of(data, algorithm),
        media_type=media_type,
        data=data,
        blobs=_blobs(document) if media_type in IMAGE_TYPES else (),
        children=tuple(d.digest for d in read_descriptors(document, "manifests")) if media_type in INDEX_TYPES else (),
        subject=subject,
        artifact_type=_artifact_type(document, media_type),
        annotations=annotations,
    )


def _read_json(data: bytes) -> dict[str, object]:
    try:
        document = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid(f"manifest is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ManifestInvalid("manifest is not a JSON object")
    return document


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Parsers differ in which of two equal keys they believe, so such a manifest would mean two things.
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON value")


def _media_type(document: dict[str, object], content_type: str | None) -> str:
    sent = (content_type or "").partition(";")[0].strip().lower()
    declared = document.get("mediaType", "")
    if declared is None or declared == "":  # as Go clients leave it out
        declared = sent
    if sent.startswith(_SCHEMA_1) or document.get("schemaVersion") == 1:
        raise ManifestInvalid(
            "schema 1 manifests are not accepted: their digest is not that of the bytes; push again with "
            "Docker 1.10 or newer, or convert with skopeo copy --format v2s2"
        )
    if sent and declared != sent:
        raise ManifestInvalid(f"Content-Type {sent!r} differs from the manifest's mediaType {declared!r}"[:300])
    if not isinstance(declared, str) or declared not in IMAGE_TYPES | INDEX_TYPES:
        known = ", ".join(sorted(IMAGE_TYPES | INDEX_TYPES))
        raise ManifestInvalid(f"manifest media type {declared!r}"[:200] + f" is not supported; send one of {known}")
    return declared


def _refuse_ambiguity(document: dict[str, object], media_type: str) -> None:
    # GHSA-qq97-vm5h-rrhg: a document that is an image to one client and an index to another.
    foreign = {"manifests"} if media_type in IMAGE_TYPES else {"layers", "config", "fsLayers"}
    found = sorted(foreign & document.keys())
    if found:
        raise ManifestInvalid(f"manifest of type {media_type} must not have {', '.join(found)}: it would be ambiguous")


def _blobs(document: dict[str, object]) -> tuple[Digest, ...]:
    layers = read_descriptors(document, "layers")
    return (_config(document).digest, *(layer.digest for layer in layers if layer.is_distributed))


def _config(document: dict[str, object]) -> Descriptor:
    return read_descriptor(document.get("config"), "config")


def _subject(document: dict[str, object]) -> Digest | None:
    subject = document.get("subject")
    return None if subject is None else read_descriptor(subject, "subject").digest


def _check_listable(annotations: Mapping[str, str]) -> None:
    if len(shortest_json(annotations)) > ANNOTATIONS_MAX_BYTES:
        raise ManifestInvalid(
            f"annotations of a manifest with a subject may have {ANNOTATIONS_MAX_BYTES} bytes, as they are repeated in "
            "the list of referrers, of which clients read 4 MiB; move the content to a blob"
        )


def _artifact_type(document: dict[str, object], media_type: str) -> str | None:
    declared = read_type(document, "artifactType", "manifest")
    if declared or media_type in INDEX_TYPES:
        return declared
    return _config(document).media_type
