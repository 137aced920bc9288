"""Images made from nothing: OCI image layouts with known bytes, so that a pull can be compared bit for bit.

The same arguments always give the same bytes, and therefore the same digests.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

NAME_IN_LAYOUT = "image"  # every layout here holds one named thing
LARGE_FILE_BYTES = 300_000  # more than one read of any client's buffer

Descriptor = dict[str, object]


@dataclass(frozen=True, slots=True)
class Content:
    """What an image is, however it was packed: its configuration and its layers as plain tar files."""

    config: bytes
    layers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """One image in an OCI layout."""

    layout: Path
    digest: str
    content: Content

    @property
    def source(self) -> str:
        """The name that containers' tools give to an image in a layout."""
        return f"oci:{self.layout}:{NAME_IN_LAYOUT}"


@dataclass(frozen=True, slots=True)
class Index:
    """An index in an OCI layout, and the content of its images by architecture."""

    layout: Path
    digest: str
    images: Mapping[str, Content]

    @property
    def source(self) -> str:
        """The name that containers' tools give to an index in a layout."""
        return f"oci:{self.layout}:{NAME_IN_LAYOUT}"


def digest_of(content: bytes) -> str:
    """Return the sha256 digest in the form `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def write_image(directory: Path, seed: str, architecture: str = "amd64") -> Image:
    """Write an image of two layers whose files follow from `seed`; `directory` must not exist yet."""
    content = _content(seed, architecture)
    manifest = _add_image(directory, content, architecture)
    _name(directory, manifest)
    return Image(directory, str(manifest["digest"]), content)


def write_index(directory: Path, seed: str, architectures: tuple[str, ...] = ("amd64", "arm64")) -> Index:
    """Write an index with one image for each architecture; `directory` must not exist yet."""
    images = {architecture: _content(f"{seed} for {architecture}", architecture) for architecture in architectures}
    manifests = [_add_image(directory, content, architecture) for architecture, content in images.items()]
    index = _add(directory, INDEX, index_of(*manifests))
    _name(directory, index)
    return Index(directory, str(index["digest"]), images)


def index_of(*manifests: Descriptor) -> bytes:
    """Return the bytes of an index; `manifests` are descriptors."""
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()


def read_blob(layout: Path, digest: str) -> bytes:
    """Return the bytes that a layout holds under `digest`."""
    algorithm, _, encoded = digest.partition(":")
    return (layout / "blobs" / algorithm / encoded).read_bytes()


def read_manifest(layout: Path) -> bytes:
    """Return the bytes of what the layout names; a layout that names more or less is an error."""
    [named] = json.loads((layout / "index.json").read_bytes())["manifests"]
    return read_blob(layout, named["digest"])


def read_content(layout: Path) -> Content:
    """Return the content of the one image of a layout."""
    manifest = json.loads(read_manifest(layout))
    layers = tuple(gzip.decompress(read_blob(layout, layer["digest"])) for layer in manifest["layers"])
    return Content(read_blob(layout, manifest["config"]["digest"]), layers)


def _content(seed: str, architecture: str) -> Content:
    large = Random(seed).randbytes(LARGE_FILE_BYTES)  # noqa: S311 - the same bytes every time are wanted
    layers = (_tar("greeting", seed.encode()), _tar("noise", large))
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Cmd": ["/greeting"]},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
    }
    return Content(json.dumps(config).encode(), layers)


def _tar(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def _add_image(directory: Path, content: Content, architecture: str) -> Descriptor:
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _add(directory, CONFIG, content.config),
        "layers": [_add(directory, LAYER, gzip.compress(layer, mtime=0)) for layer in content.layers],
    }
    platform = {"os": "linux", "architecture": architecture}
    return _add(directory, MANIFEST, json.dumps(manifest).encode()) | {"platform": platform}


def _add(directory: Path, media_type: str, content: bytes) -> Descriptor:
    digest = digest_of(content)
    blob = directory / "blobs" / "sha256" / digest.removeprefix("sha256:")
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _name(directory: Path, descriptor: Descriptor) -> None:
    named = descriptor | {"annotations": {"org.opencontainers.image.ref.name": NAME_IN_LAYOUT}}
    (directory / "index.json").write_bytes(index_of(named))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
