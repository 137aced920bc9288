"""Blobs: those the database shows against those the store has, and whether their bytes are theirs.

Both sides must come in order, or nothing meets its like and all seems well: a side that does not is an error.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from random import SystemRandom

from pierone_core.errors import BlobUnknown, Unavailable
from pierone_core.fsck.findings import Finding, Kind, Tally
from pierone_core.ports import BlobStore, RepositoryBlobs
from pierone_core.values import Digest, new_hash

PAGE = 1000
_CHUNK_BYTES = 1 << 20
_SHOWN, _STORED = 0, 1
_CHANCE = SystemRandom()
_Listed = tuple[str, Digest, int, int | None]  # with its text, and on which side


@dataclass(frozen=True, slots=True)
class BlobCheck:
    """Compares, and verifies `sample` blobs (None: all)."""

    blobs: RepositoryBlobs
    store: BlobStore
    tally: Tally
    sample: int | None

    def run(self) -> Iterator[Finding]:
        """Look at every blob that either side has."""
        chosen: list[tuple[Digest, int]] = []
        for digest, sizes in self._side_by_side():
            shown = sizes.get(_SHOWN)
            if shown is None:
                yield Finding(Kind.BLOB_UNREFERENCED, str(digest), "the store has it, no repository shows it")
                continue
            self.tally.blobs += 1
            finding = self._compare(digest, shown, sizes)
            if finding:
                yield finding
            elif self.sample is None:
                yield from self._verify(digest, shown)
            else:
                self._choose(chosen, (digest, shown))
        for digest, size in chosen:
            yield from self._verify(digest, size)

    def _side_by_side(self) -> Iterator[tuple[Digest, dict[int, int | None]]]:
        """Each digest with its size in bytes on the sides that have it."""
        shown = _in_order((str(digest), digest, _SHOWN, size) for digest, size in self._shown())
        stored = _in_order((str(digest), digest, _STORED, size) for digest, size in self.store.all_blobs())
        for _, both in groupby(heapq.merge(shown, stored, key=itemgetter(0)), itemgetter(0)):
            found = list(both)
            yield found[0][1], {side: size for _, _, side, size in found}

    def _shown(self) -> Iterator[tuple[Digest, int]]:
        after = ""
        while page := self.blobs.everywhere(after, PAGE):
            yield from page
            after = str(page[-1][0])

    def _compare(self, digest: Digest, shown: int, sizes: dict[int, int | None]) -> Finding | None:
        # Ask again for what is not there: it may have been pushed after the store was listed.
        found = (digest, sizes[_STORED]) if _STORED in sizes else _in_store(self.store, digest)
        if found is None:
            return Finding(Kind.BLOB_MISSING, str(digest), f"repositories show its {shown} bytes, the store lacks it")
        stored = found[1]
        if stored is None:
            return self._why_without_size(digest)
        if stored != shown:
            return Finding(Kind.BLOB_SIZE, str(digest), f"it has {shown} bytes for the database, {stored} in the store")
        return None

    def _why_without_size(self, digest: Digest) -> Finding:
        try:
            self.store.open_blob(digest, 0, 1).close()
        except BlobUnknown:
            return Finding(Kind.BLOB_MISSING, str(digest), "the store listed it, and has it no more")
        except Unavailable as error:
            self.store.check()  # if this raises, it is not the blob that is broken
            return Finding(Kind.BLOB_UNREADABLE, str(digest), error.message)
        return Finding(Kind.BLOB_UNREADABLE, str(digest), "the store contradicts itself about its size")

    def _choose(self, chosen: list[tuple[Digest, int]], blob: tuple[Digest, int]) -> None:
        """Keep `sample` of all blobs, each with the same chance (reservoir sampling)."""
        room = self.sample or 0
        if len(chosen) < room:
            chosen.append(blob)
        elif (place := _CHANCE.randrange(self.tally.blobs)) < room:
            chosen[place] = blob

    def _verify(self, digest: Digest, size: int) -> Iterator[Finding]:
        try:
            actual = self._read(digest, size)
        except BlobUnknown:
            yield Finding(Kind.BLOB_MISSING, str(digest), "the store lists it, but has no bytes of it")
        except Unavailable as error:
            self.store.check()  # if this raises, it is not the blob that is broken
            yield Finding(Kind.BLOB_UNREADABLE, str(digest), error.message)
        else:
            if actual != digest:
                yield Finding(Kind.BLOB_DAMAGED, str(digest), f"its bytes have digest {actual}")

    def _read(self, digest: Digest, size: int) -> Digest:
        """The digest of what the store has."""
        content = new_hash(digest.algorithm)
        reader = self.store.open_blob(digest, 0, size)
        try:
            while chunk := reader.read(_CHUNK_BYTES):
                content.update(chunk)
        finally:
            reader.close()
        self.tally.verified_blobs += 1
        self.tally.verified_bytes += size
        return Digest(digest.algorithm, content.hexdigest())


def stored_size(store: BlobStore, digest: Digest) -> int | None:
    """How many bytes the store has of a blob, if it has it whole."""
    found = _in_store(store, digest)
    return found[1] if found else None


def _in_store(store: BlobStore, digest: Digest) -> tuple[Digest, int | None] | None:
    """The blob as the store lists it, if it does."""
    text = str(digest)
    just_before = text[:-1] + chr(ord(text[-1]) - 1)
    found = next(store.all_blobs(just_before), None)
    return found if found and found[0] == digest else None


def _in_order(blobs: Iterator[_Listed]) -> Iterator[_Listed]:
    last = ""
    for blob in blobs:
        if blob[0] <= last:
            raise Unavailable(f"{blob[0]} is listed behind {last}: blobs that come out of order cannot be compared")
        last = blob[0]
        yield blob
