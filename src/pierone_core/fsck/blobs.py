"""Blobs: those the database shows against those the store has, and whether their bytes are theirs."""

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
        for digest, shown, stored in self._side_by_side():
            if shown is None:
                yield Finding(Kind.BLOB_UNREFERENCED, str(digest), "the store has it, no repository shows it")
                continue
            self.tally.blobs += 1
            finding = self._compare(digest, shown, stored)
            if finding:
                yield finding
            elif self.sample is None:
                yield from self._verify(digest, shown)
            else:
                self._choose(chosen, (digest, shown))
        for digest, size in chosen:
            yield from self._verify(digest, size)

    def _side_by_side(self) -> Iterator[tuple[Digest, int | None, int | None]]:
        """Each digest with its size in bytes in the database and in the store, None where it is not."""
        shown = ((str(digest), digest, _SHOWN, size) for digest, size in self._shown())
        stored = ((str(digest), digest, _STORED, size) for digest, size in self.store.all_blobs())
        for _, both in groupby(heapq.merge(shown, stored, key=itemgetter(0)), itemgetter(0)):
            found = list(both)
            sizes = {side: size for _, _, side, size in found}
            yield found[0][1], sizes.get(_SHOWN), sizes.get(_STORED)

    def _shown(self) -> Iterator[tuple[Digest, int]]:
        after = ""
        while page := self.blobs.everywhere(after, PAGE):
            yield from page
            after = str(page[-1][0])

    def _compare(self, digest: Digest, shown: int, stored: int | None) -> Finding | None:
        if stored is None and self._is_missing(digest, shown):
            return Finding(Kind.BLOB_MISSING, str(digest), f"repositories show its {shown} bytes, the store lacks it")
        if stored not in (None, shown):
            return Finding(Kind.BLOB_SIZE, str(digest), f"it has {shown} bytes for the database, {stored} in the store")
        return None

    def _is_missing(self, digest: Digest, size: int) -> bool:
        """Ask again: it may have been pushed after the store was listed."""
        try:
            self.store.open_blob(digest, 0, min(size, 1)).close()
        except BlobUnknown:
            return True
        return False

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
    """How many bytes the store has of a blob, if it has it."""
    text = str(digest)
    just_before = text[:-1] + chr(ord(text[-1]) - 1)
    found = next(store.all_blobs(just_before), None)
    return found[1] if found and found[0] == digest else None
