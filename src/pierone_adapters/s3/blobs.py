"""Blobs under their digests: the bytes themselves, or a pointer of no bytes to the object that has them."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from pierone_adapters.s3.answers import AbsentError, TakenError
from pierone_adapters.s3.bucket import Bucket, Stored
from pierone_adapters.s3.options import Layout
from pierone_core.errors import Unavailable
from pierone_core.values import Digest

_LOCATION, _SIZE = "location", "size"
_REMEMBERED = 65_536


class Place(NamedTuple):
    """The object with a blob's bytes, and how many it has."""

    key: str
    size: int


class Blobs:
    """Which blobs there are. A place never changes, so what was found is remembered as long as there is room."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        self._bucket, self._layout = bucket, layout
        self._places: OrderedDict[Digest, Place] = OrderedDict()
        self._mutex = threading.Lock()

    def find(self, digest: Digest) -> Place | None:
        """Where the blob's bytes lie, if there is such a blob."""
        with self._mutex:
            if digest in self._places:
                self._places.move_to_end(digest)
                return self._places[digest]
        try:
            key = self._layout.blob(digest)
            return self._remember(digest, self._place(key, self._bucket.head(key)))
        except AbsentError:
            return None

    def put(self, digest: Digest, data: bytes) -> None:
        """Write a blob that was verified; if it is there already, it is the same."""
        key = self._layout.blob(digest)
        with suppress(TakenError):
            self._bucket.put_blob(key, data)
            self._remember(digest, Place(key, len(data)))

    def point(self, digest: Digest, place: Place) -> Place | None:
        """Give the blob of that digest its place, unless it has another already; return which it has."""
        notes = {_LOCATION: place.key.removeprefix(self._layout.prefix), _SIZE: str(place.size)}
        try:
            self._bucket.put_note(self._layout.blob(digest), notes)
        except TakenError:
            return self.find(digest)
        return self._remember(digest, place)

    def all(self, after: str) -> Iterator[tuple[Digest, int]]:
        """See `BlobStore.all_blobs`."""
        algorithm, _, encoded = after.partition(":")
        behind = f"{self._layout.blobs}{algorithm}/{encoded[:2]}/{encoded}" if encoded else ""
        for found in self._bucket.objects(self._layout.blobs, behind):
            digest = self._layout.digest(found.key)
            if digest and str(digest) > after:
                yield digest, found.size or self._pointed_size(found.key)

    def _pointed_size(self, key: str) -> int:
        try:
            return self._place(key, self._bucket.head(key)).size
        except AbsentError as error:
            raise Unavailable("blobs vanish from the storage (S3) while they are listed") from error

    def _place(self, key: str, found: Stored) -> Place:
        if _LOCATION not in found.notes:
            return Place(key, found.size)
        return Place(self._layout.prefix + found.notes[_LOCATION], int(found.notes[_SIZE]))

    def _remember(self, digest: Digest, place: Place) -> Place:
        with self._mutex:
            self._places[digest] = place
            if len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return place
