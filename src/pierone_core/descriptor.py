"""Reading descriptors, media types and annotations out of a manifest (OCI image spec, "Descriptors")."""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pierone_core.errors import DigestInvalid, ManifestInvalid
from pierone_core.values import Digest

# RFC 6838 names are narrower; what matters here is that they can stand in a header, a URL and a database.
_MEDIA_TYPE = re.compile(r"[ -~]{1,255}")
_MAX_SIZE = 2**63 - 1
KNOWN_KEYS = frozenset(
    [
        "schemaVersion",
        "mediaType",
        "config",
        "layers",
        "manifests",
        "subject",
        "artifactType",
        "annotations",
        "fsLayers",
        "digest",
        "size",
        "urls",
        "data",
        "platform",
    ]
)
_KNOWN_FOLDED = frozenset(key.casefold() for key in KNOWN_KEYS)
# These layers are fetched from elsewhere and never pushed (OCI image spec, "Non-Distributable Layers").
_NOT_DISTRIBUTED = frozenset(
    {
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    }
)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content: what it is, its digest, its size in bytes."""

    media_type: str
    digest: Digest
    size: int

    @property
    def is_distributed(self) -> bool:
        """Whether the content must have been pushed to this registry."""
        return self.media_type not in _NOT_DISTRIBUTED


def read_descriptor(node: object, where: str) -> Descriptor:
    """The descriptor `node` that stands at `where` in the manifest; raise `ManifestInvalid` if it is none."""
    if not isinstance(node, dict):
        raise ManifestInvalid(f"{where} is not a descriptor")
    size = node.get("size")
    media_type = read_type(node, "mediaType", where)
    if type(size) is not int or not 0 <= size <= _MAX_SIZE or media_type is None:
        raise ManifestInvalid(f"{where} needs a mediaType and a size of zero or more bytes")
    _check_optional(node, where)
    refuse_lookalikes(node, where)
    try:
        return Descriptor(media_type, Digest.parse(str(node.get("digest"))), size)
    except DigestInvalid as error:
        raise ManifestInvalid(f"{where}: {error.message}", error.detail) from error


def refuse_lookalikes(node: Mapping[str, object], where: str) -> None:
    """Raise `ManifestInvalid` for a key that some clients take for another.

    Go's encoding/json matches keys without regard to case: `Layers` would replace `layers` behind the registry's back.
    """
    for key in node.keys() - KNOWN_KEYS:
        if key.casefold() in _KNOWN_FOLDED:
            raise ManifestInvalid(f"clients would disagree on what {key[:100]!r} of {where} means: mind the case")


def _check_optional(node: Mapping[str, object], where: str) -> None:
    # Clients that are written in Go cannot read the whole manifest if one of these has another type.
    read_type(node, "artifactType", where)
    read_annotations(node, where)
    urls, data = node.get("urls"), node.get("data")
    if urls is not None and not (isinstance(urls, list) and all(isinstance(url, str) for url in urls)):
        raise ManifestInvalid(f"urls of {where} is not a list of strings")
    if data is not None and not (isinstance(data, str) and _is_base64(data)):
        raise ManifestInvalid(f"data of {where} is not base64")


def _is_base64(text: str) -> bool:
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return not text
    return True


def read_descriptors(document: Mapping[str, object], key: str) -> list[Descriptor]:
    """The list of descriptors under `key`; absent and null are an empty list, as Go clients send it."""
    nodes = document.get(key)
    if nodes is None:
        return []
    if not isinstance(nodes, list):
        raise ManifestInvalid(f"{key} is not a list")
    return [read_descriptor(node, f"{key}[{i}]") for i, node in enumerate(nodes)]


def read_type(node: Mapping[str, object], key: str, where: str) -> str | None:
    """The media type under `key`, None if absent or empty; raise `ManifestInvalid` if it cannot be one."""
    value = node.get(key)
    if value in (None, ""):
        return None
    if isinstance(value, str) and _MEDIA_TYPE.fullmatch(value):
        return value
    raise ManifestInvalid(f"{key} of {where} is not a media type")


def read_annotations(node: Mapping[str, object], where: str) -> Mapping[str, str]:
    """The annotations of what stands at `where`, a map of strings; raise `ManifestInvalid` for anything else."""
    annotations = node.get("annotations")
    if annotations is None:
        return {}
    if isinstance(annotations, dict) and all(isinstance(value, str) for value in annotations.values()):
        return annotations
    raise ManifestInvalid(f"annotations of {where} is not a map of strings to strings")
