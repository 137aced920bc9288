"""Images made of random bytes: all that matters of them is that every byte can be checked again."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest and the blobs it references: the configuration first, then the layers."""

    blobs: tuple[bytes, ...]
    manifest: bytes

    @property
    def digest(self) -> str:
        """The digest of the manifest."""
        return digest_of(self.manifest)


def digest_of(content: bytes) -> str:
    """Return the sha256 digest in the form `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def make_image(random: Random, *layer_sizes: int) -> Image:
    """Make an image that nobody else has, with layers of so many bytes."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "author": str(random.random())}).encode()
    blobs = (config, *(random.randbytes(size) for size in layer_sizes))
    return Image(blobs, _manifest(blobs, ""))


def variants(image: Image, how_many: int) -> list[Image]:
    """Make images of the same blobs that differ in an annotation, and so in their digest."""
    return [Image(image.blobs, _manifest(image.blobs, f"variant {n}")) for n in range(how_many)]


def with_padding(image: Image, padding: int) -> Image:
    """Make an image of the same blobs whose manifest is larger by about so many bytes."""
    return Image(image.blobs, _manifest(image.blobs, "x" * padding))


def references(manifest: bytes) -> list[str]:
    """Return the digests of the blobs that the manifest references."""
    document = json.loads(manifest)
    return [descriptor["digest"] for descriptor in (document["config"], *document["layers"])]


def _manifest(blobs: Sequence[bytes], annotation: str) -> bytes:
    config, *layers = blobs
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, config),
        "layers": [_descriptor(LAYER, layer) for layer in layers],
        "annotations": {"org.example.variant": annotation},
    }
    return json.dumps(document).encode()


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
