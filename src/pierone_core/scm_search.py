"""Finding where the image of a tag comes from: what was claimed, else what its layers have, else what it is annotated.

Layers are read when somebody asks for the first time, and what was found is kept for ever: a layer never changes.
Neither pushing nor pulling waits for it, and no crash can lose it. How much is read of a layer, and for how long, has
an end: what was not read to its end may have anything, so nothing below it is believed. Of an index, its images are
searched in their order.
"""

import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Protocol

from pierone_core.errors import Unavailable
from pierone_core.image import ImageDocument, labels
from pierone_core.image_reader import ImageReader
from pierone_core.layer_archive import Incomplete, Readable, find
from pierone_core.ports import BlobReader, LayerSource, ScmSources, TagEntry
from pierone_core.scm_source import DOCUMENT_MAX_BYTES, FILE_NAME, Origin, ScmSource, ScmSourceInvalid
from pierone_core.values import Digest, Repository

# Of a layer, as it is stored and unpacked. Whoever has a scm-source.json adds it last, in a layer of a few bytes.
STORED_MAX_BYTES = 128 << 20
UNPACKED_MAX_BYTES = 512 << 20
SEARCH_SECONDS = 20.0
# Of computing, for one layer: so that no other load of the machine, and no slow store, counts.
LAYER_SECONDS = 5.0
# Of an image. What runs containers takes some hundreds at the most.
LAYERS_MAX = 500
_PIECE_BYTES = 64 << 10
# What a piece counts at least, so that a layer cannot be made of pieces that are small and slow.
_LEAST_BYTES = 1 << 10


class Unpack(Protocol):
    """Decompression by whatever the bytes are (gzip, zstd, nothing)."""

    def __call__(self, reader: BlobReader) -> Readable:
        """The unpacked bytes of `reader`, in pieces of a bounded size."""


class Clock(Protocol):
    """Seconds of a clock that never goes back."""

    def __call__(self) -> float:
        """Now."""


class LayersUnread(Exception):
    """Layers must be read to know."""


@dataclass(frozen=True, slots=True)
class FoundScmSource:
    """A source and where it was found: for a layer, which; for a header, who sent it when."""

    source: ScmSource
    origin: Origin
    layer: Digest | None = None
    caller: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScmSearch:
    """The use case that finds the scm-source of a tag."""

    sources: ScmSources
    images: ImageReader
    unpack: Unpack
    clock: Clock
    effort: Clock = time.thread_time
    reads: bool = True

    def recall(self, entry: TagEntry) -> FoundScmSource | None:
        """Like `find`, in the time of some lookups; raise `LayersUnread` if that is not enough."""
        return replace(self, reads=False).find(entry)

    def find(self, entry: TagEntry) -> FoundScmSource | None:
        """The source of what the tag holds, None if nothing says it.

        Raises `Unavailable`, also if the layers could not be read in time: what was read is remembered, ask again.
        """
        claim = self.sources.claim(entry.repository, entry.tag, entry.digest)
        if claim:
            return FoundScmSource(claim.source, Origin.HEADER, caller=claim.caller, at=claim.at)
        documents = self.images.documents(entry.repository, entry.digest)
        deadline = self.clock() + SEARCH_SECONDS
        for document in documents:
            if found := self._in_layers(entry.repository, document, deadline):
                return found
        return self._annotated(entry.repository, documents)

    def _in_layers(self, repository: Repository, document: ImageDocument, deadline: float) -> FoundScmSource | None:
        for digest in document.archives[:LAYERS_MAX]:
            found = self._layer(repository, digest, deadline)
            if found.source:
                return FoundScmSource(found.source, Origin.LAYER, digest)
            if found.hides:
                return None
        return None

    def _layer(self, repository: Repository, digest: Digest, deadline: float) -> LayerSource:
        _check_time(self.clock, deadline)
        found = self.sources.layer(digest)
        if found:
            return found
        size = self.images.blobs.size(repository, digest)
        if size is None:
            return LayerSource(hides=True)  # it is kept elsewhere; not remembered, since it may be pushed
        if not self.reads:
            raise LayersUnread
        found = self._read(digest, size, deadline) if size <= STORED_MAX_BYTES else LayerSource(hides=True)
        self.sources.add_layer(digest, found)
        return found

    def _read(self, digest: Digest, size: int, deadline: float) -> LayerSource:
        with closing(self.images.open(digest, size)) as reader:
            unpacked = _Bounded(self.unpack(reader), self.clock, deadline, self.effort)
            found = find(unpacked, FILE_NAME, DOCUMENT_MAX_BYTES)
        if found.content is None:
            return LayerSource(hides=found.removed or not found.complete)
        try:
            return LayerSource(ScmSource.parse(found.content))
        except ScmSourceInvalid:  # it is the image's all the same: those of lower layers cannot be seen in it
            return LayerSource(hides=True)

    def _annotated(self, repository: Repository, documents: list[ImageDocument]) -> FoundScmSource | None:
        for document in documents:
            source = ScmSource.of_annotations(document.annotations)
            if source:
                return FoundScmSource(source, Origin.ANNOTATION)
        for document in documents:
            source = ScmSource.of_annotations(labels(self.images.config(repository, document)))
            if source:
                return FoundScmSource(source, Origin.ANNOTATION)
        return None


class _Bounded:
    """Unpacked bytes up to a number, a time, and an effort."""

    def __init__(self, archive: Readable, clock: Clock, deadline: float, effort: Clock) -> None:
        self._archive, self._clock, self._deadline = archive, clock, deadline
        self._effort, self._effort_ends = effort, effort() + LAYER_SECONDS
        self._left = UNPACKED_MAX_BYTES
        self._ahead = BytesIO()

    def read(self, size: int) -> bytes:
        """See `Readable`; raises `Unavailable` when the question took too long, whatever this layer's part of it."""
        data = self._ahead.read(size)
        if data or not size:
            return data
        self._ahead = BytesIO(self._piece())
        return self._ahead.read(size)

    def _piece(self) -> bytes:
        _check_time(self._clock, self._deadline)
        if self._left <= 0 or self._effort() > self._effort_ends:
            raise Incomplete
        data = self._archive.read(min(_PIECE_BYTES, self._left))
        self._left -= max(len(data), _LEAST_BYTES)
        return data


def _check_time(clock: Clock, deadline: float) -> None:
    if clock() > deadline:
        raise Unavailable("the layers of this image take long to search; ask again in a while")
