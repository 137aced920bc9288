"""What manifests and configs say of an image (OCI image spec, "Image Configuration" and "Image Index").

Whoever pushed them wrote what they liked; what is not as it should be is left out, never an error.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from pierone_core.descriptor import Descriptor, read_descriptor
from pierone_core.errors import ManifestInvalid
from pierone_core.manifest import INDEX_TYPES
from pierone_core.records import StoredManifest
from pierone_core.values import Digest

# Layers that are archives of files, here or elsewhere; charts and other artifacts have types of their own.
_OCI_LAYERS = "layer.v1.tar", "layer.nondistributable.v1.tar"
_ARCHIVES = (
    *("diff.tar", "diff.tar.gzip", "diff.tar.zstd"),
    *(layer + packing for layer in _OCI_LAYERS for packing in ("", "+gzip", "+zstd")),
)
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on, and the manifest that is for it (None: the one that was asked for)."""

    os: str
    architecture: str
    variant: str = ""
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class ImageDocument:
    """A manifest or an index, read leniently."""

    document: Mapping[str, object]
    is_index: bool

    @classmethod
    def of(cls, stored: StoredManifest) -> "ImageDocument":
        """Read what was accepted as a manifest before."""
        return cls(json.loads(stored.data), stored.media_type in INDEX_TYPES)

    @property
    def annotations(self) -> Mapping[str, object]:
        """The manifest's annotations."""
        return _mapping(self.document.get("annotations"))

    @property
    def config(self) -> Descriptor | None:
        """The config of an image."""
        return None if self.is_index else _descriptor(self.document.get("config"))

    @property
    def layers(self) -> list[Descriptor]:
        """The layers of an image, the lowest first."""
        return [] if self.is_index else self._descriptors("layers")

    @property
    def archives(self) -> list[Digest]:
        """The layers that bring files, the topmost first, each once: the uppermost place decides what is seen."""
        found = (layer.digest for layer in reversed(self.layers) if layer.media_type.endswith(_ARCHIVES))
        return list(dict.fromkeys(found))

    @property
    def size(self) -> int | None:
        """Config and layers in bytes; None for an index."""
        return sum(part.size for part in [*self.layers, *filter(None, [self.config])]) if not self.is_index else None

    @property
    def children(self) -> list[Digest]:
        """The images of an index, without attestations (which are for no platform)."""
        return [d for d, platform in self._children() if platform.get("os") != _UNKNOWN]

    def platforms(self, config: Mapping[str, object]) -> list[Platform]:
        """What an index has images for, or what the image with `config` is for."""
        if not self.is_index:
            return _platform(config, None)
        return [found for digest, platform in self._children() for found in _platform(platform, digest)]

    def _children(self) -> list[tuple[Digest, Mapping[str, object]]]:
        nodes = self.document.get("manifests")
        found = [(_descriptor(node), _mapping(node)) for node in (nodes if isinstance(nodes, list) else [])]
        return [(d.digest, _mapping(node.get("platform"))) for d, node in found if d]

    def _descriptors(self, key: str) -> list[Descriptor]:
        nodes = self.document.get(key)
        return [d for node in (nodes if isinstance(nodes, list) else []) if (d := _descriptor(node))]


def read_config(data: bytes) -> Mapping[str, object]:
    """A config as far as it is JSON."""
    try:
        return _mapping(json.loads(data))
    except (ValueError, RecursionError):
        return {}


def labels(config: Mapping[str, object]) -> dict[str, str]:
    """The labels of an image, from its config."""
    found = _mapping(_mapping(config.get("config")).get("Labels"))
    return {key: value for key, value in found.items() if _is_text(key) and _is_text(value)}


def _platform(node: Mapping[str, object], digest: Digest | None) -> list[Platform]:
    os, architecture, variant = (node.get(key) for key in ("os", "architecture", "variant"))
    if not _is_text(os) or not _is_text(architecture) or _UNKNOWN in (os, architecture):
        return []
    return [Platform(os, architecture, variant if _is_text(variant) else "", digest)]


def _descriptor(node: object) -> Descriptor | None:
    try:
        return read_descriptor(node, "")
    except ManifestInvalid:
        return None


def _mapping(node: object) -> Mapping[str, object]:
    return node if isinstance(node, dict) else {}


def _is_text(node: object) -> TypeGuard[str]:
    """Whether it is text that can be sent: JSON can have halves of characters (RFC 8259 section 8.2)."""
    return isinstance(node, str) and node.encode(errors="ignore").decode() == node
