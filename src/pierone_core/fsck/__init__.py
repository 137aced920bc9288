"""Whether what was acknowledged is there: database and blob store compared both ways, digests computed again.

Memory hardly grows with the registry: the record is read page by page, two ordered streams of blobs are merged, and
only what a store needs to tell its strays is held as a whole.
It may run while the registry is in use: what is not found is looked for again before it is called missing. Nothing is
ever removed; a rebuild only makes blobs visible again that a manifest of the repository names and the store has, and
counts anew what all blobs take.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pierone_core.fsck.blobs import BlobCheck
from pierone_core.fsck.findings import Finding, Kind, Tally
from pierone_core.fsck.record import RecordCheck
from pierone_core.ports import BlobStore, Metadata

__all__ = ["Finding", "Fsck", "Kind", "Tally"]


@dataclass(frozen=True, slots=True)
class Fsck:
    """The use case that looks for damage."""

    metadata: Metadata
    store: BlobStore
    tally: Tally = field(default_factory=Tally)

    def run(self, sample: int | None = None, *, rebuild: bool = False) -> Iterator[Finding]:
        """Look at everything, and yield what is found; `tally` counts what was looked at.

        `sample`: of how many blobs, chosen by chance, the bytes are read and verified; None for all. Manifests are
        verified always. Raises `Unavailable` if database or store stop answering: what follows was not looked at.
        """
        yield from RecordCheck(self.metadata, self.store, self.tally, rebuild=rebuild).run()
        if rebuild:
            # A blob that was made visible again was counted again, too.
            self.metadata.blobs.recount()
        yield from BlobCheck(self.metadata.blobs, self.store, self.tally, sample).run()
        for name, why in self.store.strays():
            yield Finding(Kind.STRAY, name, why)
