"""Images and indexes to store in the contracts of the catalogue."""

import json

from pierone_core.manifest import OCI_INDEX, OCI_MANIFEST, Manifest, parse
from pierone_core.values import Digest


def image(config: bytes, about: str = "") -> Manifest:
    """An image with a config and no layers; another `about` gives another manifest of the same config."""
    descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": str(Digest.of(config)), "size": 1}
    document = {"schemaVersion": 2, "config": descriptor, "layers": [], "annotations": {"about": about}}
    return parse(json.dumps(document).encode(), OCI_MANIFEST)


def index(*children: Manifest, about: str = "") -> Manifest:
    """An index over images or other indexes."""
    nodes = [{"mediaType": m.media_type, "digest": str(m.digest), "size": len(m.data)} for m in children]
    document = {"schemaVersion": 2, "manifests": nodes, "annotations": {"about": about}}
    return parse(json.dumps(document).encode(), OCI_INDEX)
