"""The record: everything that was accepted is an event, so each event is followed to what it speaks of."""

from collections.abc import Iterator
from dataclasses import dataclass

from pierone_core import manifest
from pierone_core.errors import ManifestInvalid
from pierone_core.fsck.blobs import PAGE, stored_size
from pierone_core.fsck.findings import Finding, Kind, Tally
from pierone_core.manifest import Manifest
from pierone_core.ports import BlobStore, Metadata
from pierone_core.records import Event, EventKind
from pierone_core.values import Digest, Repository


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Follows the events to manifests, what these reference, and tags; `rebuild` makes blobs visible again."""

    metadata: Metadata
    store: BlobStore
    tally: Tally
    rebuild: bool

    def run(self) -> Iterator[Finding]:
        """Look at every event."""
        last = 0
        while events := self.metadata.events.read(last, PAGE):
            for event in events:
                if event.sequence != last + 1:
                    gap = f"{last + 1}-{event.sequence - 1}"
                    yield Finding(Kind.EVENT_MISSING, gap, "the record has no events of these sequences")
                last = event.sequence
                yield from self._follow(event)

    def _follow(self, event: Event) -> Iterator[Finding]:
        if event.kind == EventKind.MANIFEST_STORED:
            self.tally.manifests += 1
            yield from self._check_manifest(event.repository, event.digest)
        elif event.kind == EventKind.TAG_BOUND:
            self.tally.tags += 1
            yield from self._check_tag(event)

    def _check_manifest(self, repository: Repository, digest: Digest) -> Iterator[Finding]:
        subject = f"{repository}@{digest}"
        stored = self.metadata.manifests.get(repository, digest)
        if stored is None:
            yield Finding(Kind.MANIFEST_MISSING, subject, "the record says it was pushed, the database lacks it")
            return
        actual = Digest.of(stored.data, digest.algorithm)
        if actual != digest:
            yield Finding(Kind.MANIFEST_DAMAGED, subject, f"its bytes have digest {actual}")
            return
        try:
            read = manifest.parse(stored.data, stored.media_type, digest.algorithm)
        except ManifestInvalid as error:
            yield Finding(Kind.MANIFEST_DAMAGED, subject, f"it cannot be read: {error.message}")
            return
        yield from self._check_references(repository, read)

    def _check_references(self, repository: Repository, read: Manifest) -> Iterator[Finding]:
        for digest in dict.fromkeys((*read.blobs, *read.children)):
            is_child = digest in read.children and self.metadata.manifests.has(repository, digest)
            if not is_child and self.metadata.blobs.size(repository, digest) is None:
                yield self._make_visible(repository, digest, f"manifest {read.digest} of {repository} needs it")

    def _make_visible(self, repository: Repository, digest: Digest, why: str) -> Finding:
        size = stored_size(self.store, digest)
        if size is None:
            return Finding(Kind.BLOB_MISSING, str(digest), f"{why}, neither database nor store has it whole")
        if not self.rebuild:
            return Finding(Kind.BLOB_INVISIBLE, str(digest), f"{why}, the store has it: rebuild")
        self.metadata.blobs.add(repository, digest, size)
        return Finding(Kind.BLOB_REBUILT, str(digest), f"{why}, its {size} bytes are visible there again")

    def _check_tag(self, event: Event) -> Iterator[Finding]:
        tag = event.tag
        if tag is None:
            return
        subject = f"{event.repository}:{tag}"
        binding = self.metadata.manifests.tag(event.repository, tag)
        if binding is None:
            yield Finding(Kind.TAG_MISSING, subject, f"the record says it was bound to {event.digest}")
        elif binding.immutable and binding.digest != event.digest:
            yield Finding(
                Kind.TAG_CHANGED, subject, f"it was bound to {event.digest} for ever, it holds {binding.digest}"
            )
        elif not self.metadata.manifests.has(event.repository, binding.digest):
            yield Finding(Kind.MANIFEST_MISSING, f"{event.repository}@{binding.digest}", f"tag {tag} holds it")
