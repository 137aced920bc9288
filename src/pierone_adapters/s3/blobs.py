"""Blobs under their digests: the bytes themselves, or a pointer of no bytes to the object that has them."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from pierone_adapters.s3.answers import AbsentError, TakenError
from pierone_adapters.s3.bucket import Bucket, Stored
from pierone_adapters.s3.options import Layout
from pierone_core.errors import Unavailable
from pierone_core.values import Digest

_LOCATION, _SIZE = "location", "size"
_REMEMBERED = 65_536


class PointerDamagedError(Unavailable):
    """Where the bytes of a large blob lie cannot be told."""


class Place(NamedTuple):
    """The object with a blob's bytes, and how many it has."""

    key: str
    size: int


class Blobs:
    """Which blobs there are. A place never changes, so what was found is remembered as long as there is room.

    Only who mends damage by hand moves a blob: what does not lead to its bytes is to be forgotten.
    """

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

    def forget(self, digest: Digest) -> None:
        """Look again the next time."""
        with self._mutex:
            self._places.pop(digest, None)

    def whole(self, digest: Digest, size: int) -> Place | None:
        """As `find`, but seen now and with its bytes; raises `Unavailable` if these are not `size`."""
        self.forget(digest)
        place = self.find(digest)
        if place and self._measured(self._layout.blob(digest), place) != size:
            self.forget(digest)
            raise Unavailable(
                f"blob {digest} is damaged in the registry's storage (S3), where nothing is overwritten: tell the "
                "operator to remove what is at fault (see fsck), then push again"
            )
        return place

    def put(self, digest: Digest, data: bytes) -> None:
        """Write a blob that was verified, unless it is there already; raises as `whole`."""
        key = self._layout.blob(digest)
        try:
            self._bucket.put_blob(key, data)
        except TakenError:
            self._kept(digest, len(data))
        else:
            self._remember(digest, Place(key, len(data)))

    def point(self, digest: Digest, place: Place) -> Place:
        """Give the blob of that digest its place, unless it has another; return which it has; raises as `whole`."""
        notes = {_LOCATION: place.key.removeprefix(self._layout.prefix), _SIZE: str(place.size)}
        try:
            self._bucket.put_note(self._layout.blob(digest), notes)
        except TakenError:
            return self._kept(digest, place.size)
        return self._remember(digest, place)

    def _kept(self, digest: Digest, size: int) -> Place:
        place = self.whole(digest, size)
        if place is None:
            raise Unavailable(f"blob {digest} vanished from the storage (S3); try again")
        return place

    def all(self, after: str) -> Iterator[tuple[Digest, int | None]]:
        """See `BlobStore.all_blobs`."""
        algorithm, _, encoded = after.partition(":")
        behind = f"{self._layout.blobs}{algorithm}/{encoded[:2]}/{encoded}" if encoded else ""
        for found in self._bucket.objects(self._layout.blobs, behind):
            digest = self._layout.digest(found.key)
            if digest and str(digest) > after:
                yield digest, found.size or self._pointed_size(found.key)

    def _pointed_size(self, key: str) -> int | None:
        try:
            return self._measured(key, self._place(key, self._bucket.head(key)))
        except (AbsentError, PointerDamagedError):
            return None

    def _measured(self, key: str, place: Place) -> int | None:
        """How many bytes there are of the blob at `key`; None if they are gone or not as many as its pointer says."""
        if place.key == key:
            return place.size
        try:
            size = self._bucket.head(place.key).size
        except AbsentError:
            return None
        return size if size == place.size else None

    def _place(self, key: str, found: Stored) -> Place:
        if _LOCATION not in found.notes:
            return Place(key, found.size)
        size = found.notes.get(_SIZE, "")
        if not size.isdecimal():
            raise PointerDamagedError(f"the pointer {key} of the storage (S3) is damaged: it has no size")
        return Place(self._layout.prefix + found.notes[_LOCATION], int(size))

    def _remember(self, digest: Digest, place: Place) -> Place:
        with self._mutex:
            self._places[digest] = place
            if len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return place
