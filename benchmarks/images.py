"""Blobs and images made up for the benchmark, the same on every run unless they are marked as fresh."""

import hashlib
import json
import os
import random
from dataclasses import dataclass
from functools import cache, cached_property

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
LAYERS = 3
LAYER_BYTES = 100 * 1024
MARK_BYTES = 16


@dataclass(frozen=True)
class Blob:
    """Content with its digest."""

    content: bytes

    @cached_property
    def digest(self) -> str:
        """The sha256 digest as the specification writes it."""
        return "sha256:" + hashlib.sha256(self.content).hexdigest()

    def descriptor(self, media_type: str) -> dict[str, object]:
        """Return the descriptor a manifest holds for this blob."""
        return {"mediaType": media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True)
class Image:
    """A config, layers and the manifest that names them."""

    config: Blob
    layers: tuple[Blob, ...]

    @cached_property
    def manifest(self) -> Blob:
        """The manifest without annotations."""
        return self.manifest_with({})

    def manifest_with(self, annotations: dict[str, str]) -> Blob:
        """Return a manifest of the same blobs; other annotations make another digest."""
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.config.descriptor(CONFIG_TYPE),
            "layers": [layer.descriptor(LAYER_TYPE) for layer in self.layers],
            "annotations": annotations,
        }
        return Blob(json.dumps(document).encode())


@cache
def _random_layer(seed: str) -> bytes:
    return random.Random(seed).randbytes(LAYER_BYTES)  # noqa: S311 - content that must repeat, not a secret


def _marked(content: bytes, mark: bytes) -> bytes:
    return mark + content[len(mark) :]


def _image_of(layers: tuple[Blob, ...], created_by: str) -> Image:
    config = {"architecture": "amd64", "os": "linux", "created_by": created_by, "rootfs": {"type": "layers"}}
    return Image(Blob(json.dumps(config).encode()), layers)


def known_image(name: str) -> Image:
    """Return the image of this name: the same bytes in every process."""
    layers = tuple(Blob(_random_layer(f"{name} {number}")) for number in range(LAYERS))
    return _image_of(layers, name)


def fresh_image() -> Image:
    """Return an image no server has seen.

    Only the first bytes of each layer are new: to make all of them new costs more than to send them.
    """
    layers = tuple(Blob(_marked(_random_layer(f"fresh {number}"), os.urandom(MARK_BYTES))) for number in range(LAYERS))
    return _image_of(layers, os.urandom(MARK_BYTES).hex())
