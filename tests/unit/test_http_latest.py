"""Looking for `latest` may take long, and nobody else waits for it."""

import asyncio
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import Caller
from pierone_core.manifest import OCI_INDEX, parse
from pierone_core.ports import Manifests
from pierone_core.pull import Pull
from pierone_core.records import ManifestWrite, StoredManifest, TagBinding, TagWrite
from pierone_core.values import Digest, Repository, Tag
from pierone_http.v2.pull import PullEndpoints
from pierone_http.work import Work

APP = Repository.parse("team/app")
INDEX = b'{"schemaVersion": 2, "manifests": []}'
WAIT_SECONDS = 20.0


@dataclass(frozen=True)
class SlowTags:
    """A store that goes through its tags when it is let to."""

    store_below: Manifests
    may_go_on: threading.Event = field(default_factory=threading.Event)

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """See `Manifests`."""
        return self.store_below.get(repository, digest)

    def has(self, repository: Repository, digest: Digest) -> bool:
        """See `Manifests`."""
        return self.store_below.has(repository, digest)

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """See `Manifests`."""
        return self.store_below.tag(repository, tag)

    def tagged(self, repository: Repository, tag: Tag) -> tuple[TagBinding, StoredManifest] | None:
        """See `Manifests`."""
        return self.store_below.tagged(repository, tag)

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """See `Manifests`."""
        assert self.may_go_on.wait(WAIT_SECONDS), "the event loop waits for the tags"
        return self.store_below.tags_newest_first(repository)

    def store(self, write: ManifestWrite) -> None:
        """See `Manifests`."""
        self.store_below.store(write)


def test_the_event_loop_answers_others_while_latest_is_looked_for() -> None:
    metadata = memory_metadata()
    tags = (TagWrite(Tag.parse("1.0"), None, immutable=True),)
    metadata.manifests.store(ManifestWrite(APP, parse(INDEX, OCI_INDEX), tags, "alice", datetime.now(UTC)))
    slow = SlowTags(metadata.manifests)
    work = Work(prompt=True)
    endpoints = PullEndpoints(Pull(slow, metadata.blobs, MemoryBlobStore()), work, work, WAIT_SECONDS)

    async def ask(reference: str) -> bytes:
        request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
        return bytes((await endpoints.get_manifest(request, Caller("alice"), APP, reference)).body)

    async def ask_both() -> None:
        latest = asyncio.create_task(ask("latest"))
        await asyncio.sleep(0)
        assert await ask("1.0") == INDEX
        assert not latest.done()
        slow.may_go_on.set()
        assert await latest == INDEX

    asyncio.run(ask_both())
