"""Clients that push and pull while parts of the cluster are killed, and remember what was acknowledged."""

import threading
from collections.abc import Iterator, Sequence
from random import Random

from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.outages import attempt, insist
from tests.integration.survival.content import Image, digest_of, make_image, references
from tests.integration.survival.registry import expect, offset_of

CHUNK_BYTES = 3_000_001  # no multiple of anything that a replica does at once
LAYER_BYTES = (20, 4_000, 150_000, 7_000_000)


class Ledger:
    """Every tag that was acknowledged, and its digest."""

    def __init__(self) -> None:
        self._tags: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def acknowledge(self, tag: str, digest: str) -> None:
        """Write down that a push was answered 201."""
        with self._changed:
            self._tags.append((tag, digest))
            self._changed.notify_all()

    def tags(self) -> list[tuple[str, str]]:
        """Return all of them, oldest first."""
        with self._changed:
            return list(self._tags)

    def wait_for(self, more: int, deadline: float) -> None:
        """Return when so many more were acknowledged; fail after `deadline` seconds."""
        with self._changed:
            wanted = len(self._tags) + more
            assert self._changed.wait_for(lambda: len(self._tags) >= wanted, deadline), "the clients do not get on"


class Pusher:
    """Pushes images under tags of its own, and each once more, which must succeed as well."""

    def __init__(self, url: str, repository: str, name: str, ledger: Ledger, seed: int) -> None:
        """Tags begin with `name`; the same seed gives the same images."""
        self._url, self._repository, self._name, self._ledger = url, repository, name, ledger
        self._random = Random(seed)  # noqa: S311 - must repeat

    def push_until(self, enough: threading.Event) -> None:
        """Push whole images until `enough` is set."""
        with RoundRobin(self._url) as registry:
            for number, image in enumerate(self._images()):
                if enough.is_set():
                    return
                self._push(registry, f"{self._name}-{number}", image)

    def _images(self) -> Iterator[Image]:
        while True:
            yield make_image(self._random, *self._random.choices(LAYER_BYTES, k=2))

    def _push(self, registry: RoundRobin, tag: str, image: Image) -> None:
        for blob in image.blobs:
            self._random.choice((self._push_whole, self._push_in_chunks))(registry, blob)
        for _ in range(2):
            expect(201, insist(lambda: registry.put_manifest(self._repository, tag, image)))
        self._ledger.acknowledge(tag, image.digest)

    def _push_whole(self, registry: RoundRobin, blob: bytes) -> None:
        expect(201, insist(lambda: registry.push_blob(self._repository, blob, digest_of(blob))))

    def _push_in_chunks(self, registry: RoundRobin, blob: bytes) -> None:
        """Go on from where the registry says it stands, whatever happened to the chunk before."""
        location = self._start_upload(registry)
        while (offset := self._offset(registry, location)) < len(blob):
            chunk = blob[offset : offset + CHUNK_BYTES]
            attempt(lambda at=offset, data=chunk: registry.append(location, data, at, len(data)))  # type: ignore[misc]
        expect(201, insist(lambda: registry.finish(location, digest_of(blob))))

    def _start_upload(self, registry: RoundRobin) -> str:
        started = insist(lambda: registry.request("POST", f"/v2/{self._repository}/blobs/uploads/"))
        return str(expect(202, started).headers["Location"])

    def _offset(self, registry: RoundRobin, location: str) -> int:
        return offset_of(expect(204, insist(lambda: registry.status(location))))


class Puller:
    """Pulls acknowledged tags: the answer is right, or it is an outage, but never "unknown" and never wrong."""

    def __init__(self, urls: Sequence[str], repository: str, ledger: Ledger, seed: int) -> None:
        """`urls`: the proxy and the replicas, which are asked in turn."""
        self._urls, self._repository, self._ledger = urls, repository, ledger
        self._random = Random(seed)  # noqa: S311 - must repeat
        self.right = 0

    def pull_until(self, enough: threading.Event) -> None:
        """Pull one tag after the other until `enough` is set."""
        with RoundRobin(*self._urls) as registry:
            while not enough.wait(0.01):
                if tags := self._ledger.tags():
                    self._pull(registry, *self._random.choice(tags))

    def _pull(self, registry: RoundRobin, tag: str, digest: str) -> None:
        manifest = attempt(lambda: registry.get_manifest(self._repository, tag))
        if manifest is None:
            return
        assert digest_of(expect(200, manifest).content) == digest
        for reference in references(manifest.content):
            blob = attempt(lambda wanted=reference: registry.get_blob(self._repository, wanted))  # type: ignore[misc]
            assert blob is None or digest_of(expect(200, blob).content) == reference
        self.right += 1
