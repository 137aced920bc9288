"""A registry in memory with everything that the API translates, and images to push into it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_adapters.unpack import unpack
from pierone_core.caller import Caller
from pierone_core.catalogue import Catalogue
from pierone_core.image_reader import ImageReader
from pierone_core.manifest import OCI_INDEX, OCI_MANIFEST
from pierone_core.ports import Metadata
from pierone_core.registry import Registry
from pierone_core.scm_claim import ScmClaims
from pierone_core.scm_search import ScmSearch
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Digest, Repository, Tag, parse_reference

START = datetime(2015, 8, 20, 8, 14, 59, 432_987, tzinfo=UTC)
APP = Repository.parse("team/app")
ALICE = Caller("alice", teams=frozenset({"team", "other", "third"}))
CI = Caller("ci", teams=frozenset({"team"}), scopes=frozenset({"application.write_all_trusted"}))
LAYER, CONFIG = "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.config.v1+json"


class Clock:
    """Seconds that pass when somebody looks."""

    def __init__(self, step: float = 0.0) -> None:
        """Each look takes `step` seconds."""
        self._now, self._step = 0.0, step

    def __call__(self) -> float:
        """The time."""
        self._now += self._step
        return self._now


def ticking() -> Callable[[], datetime]:
    """A second passes between two looks."""
    seconds = count()
    return lambda: START + timedelta(seconds=next(seconds))


@dataclass
class Parts:
    """The registry and the use cases of the API over one store."""

    metadata: Metadata = field(default_factory=memory_metadata)
    store: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Compose the use cases."""
        registry = Registry.over(self.metadata, self.store, MutableTags.parse(["*:dev"]))
        self.registry = replace(registry, push_manifests=replace(registry.push_manifests, now=ticking()))
        self.images = ImageReader(self.metadata.manifests, self.metadata.blobs, self.store)
        self.catalogue = Catalogue(self.metadata.catalogue, self.metadata.listing, self.images)
        self.sources = self.metadata.catalogue.scm_sources
        self.search = ScmSearch(self.sources, self.images, unpack, self.clock)
        self.claims = ScmClaims(self.sources, self.metadata.manifests, self.registry.access, ticking())

    def blob(self, data: bytes, media_type: str, repository: Repository = APP) -> dict[str, object]:
        """Push a blob; its descriptor."""
        self.registry.push_blobs.push_blob(ALICE, repository, data)
        return {"mediaType": media_type, "digest": str(Digest.of(data)), "size": len(data)}

    def image(
        self,
        *layers: bytes,
        layer_type: str = LAYER,
        config: object = None,
        annotations: Mapping[str, str] | None = None,
        repository: Repository = APP,
    ) -> bytes:
        """Push the blobs of an image; its manifest, which is not pushed."""
        described = self.blob(json.dumps(config or {}).encode(), CONFIG, repository)
        stack = [self.blob(layer, layer_type, repository) for layer in layers]
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described, "layers": stack}
        return json.dumps(document | ({"annotations": annotations} if annotations else {})).encode()

    def push(self, reference: str, manifest: bytes, repository: Repository = APP, caller: Caller = ALICE) -> Digest:
        """Push a manifest under a tag or its digest."""
        media_type = json.loads(manifest)["mediaType"]
        push = self.registry.push_manifests.put_manifest
        return push(caller, repository, parse_reference(reference), media_type, manifest).digest

    def index(self, *children: bytes, platforms: Sequence[Mapping[str, str]] = (), **fields: object) -> bytes:
        """Push images without a tag; an index over them, which is not pushed."""
        nodes = []
        for number, child in enumerate(children):
            digest = self.push(str(Digest.of(child)), child)
            platform = {"platform": platforms[number]} if platforms else {}
            nodes.append({"mediaType": OCI_MANIFEST, "digest": str(digest), "size": len(child)} | platform)
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": nodes, **fields}).encode()

    def found(self, tag: str = "1.0") -> tuple[str, str] | None:
        """The url of the tag's source and where it was found."""
        found = self.search.find(self.catalogue.tag(APP, Tag.parse(tag)))
        return (found.source.url, found.origin.value) if found else None
