"""Clients that push until the server dies under them, and remember what it had acknowledged by then."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import httpx2
from tests.integration.server import Server
from tests.integration.survival.content import Image, digest_of, make_image
from tests.integration.survival.registry import Registry, expect, offset_of

PIECE_BYTES = 64 << 10
CHUNK_BYTES = 700_000  # no multiple of anything that the server does at once
# How much a request counts beside its body, so that a server also dies between small requests.
REQUEST_BYTES = 50_000
LAYER_BYTES = (20, 4_000, 150_000, 1_300_000)


class Fuse:
    """Blows when so many bytes were sent, whoever sent them and however fast the machine is."""

    def __init__(self, length: int) -> None:
        """Allow `length` bytes."""
        self._left = length
        self._mutex = threading.Lock()
        self.blown = threading.Event()

    def burn(self, size: int) -> None:
        """Count bytes that are about to be sent."""
        with self._mutex:
            self._left -= size
        if self._left <= 0:
            self.blown.set()


class Pusher:
    """One client. Every image has a tag of its own, except the first, whose tag all clients of a round want."""

    def __init__(self, repository: str, name: str, contested_tag: str, seed: int) -> None:
        """Tags begin with `name`; the same seed gives the same images."""
        self._repository, self._name, self._contested_tag = repository, name, contested_tag
        self._random = Random(seed)  # noqa: S311 - must repeat
        self.blobs: list[tuple[str, str]] = []
        self.tags: list[tuple[str, str, str]] = []
        self.interrupted: tuple[str, bytes] | None = None

    def push_until_it_breaks(self, server: Server, fuse: Fuse) -> None:
        """Push images until the connection breaks, which the end of the server must have caused."""
        with Registry(server) as registry, suppress(httpx2.TransportError):
            for number, image in enumerate(self._images()):
                self._push(registry, fuse, self._contested_tag if number == 0 else f"{self._name}-{number}", image)
        assert fuse.blown.is_set(), "the server broke a connection while it was well"

    def _images(self) -> Iterator[Image]:
        while True:
            yield make_image(self._random, *self._random.choices(LAYER_BYTES, k=3))

    def _push(self, registry: Registry, fuse: Fuse, tag: str, image: Image) -> None:
        for blob in image.blobs:
            push_blob = self._random.choice((self._push_whole, self._push_streamed, self._push_in_chunks))
            push_blob(registry, fuse, blob)
            self.blobs.append((self._repository, digest_of(blob)))
        fuse.burn(REQUEST_BYTES)
        answer = registry.put_manifest(self._repository, tag, image)
        if tag == self._contested_tag and answer.status_code == 409:
            return
        expect(201, answer)
        self.tags.append((self._repository, tag, image.digest))

    def _push_whole(self, registry: Registry, fuse: Fuse, blob: bytes) -> None:
        expect(201, registry.push_blob(self._repository, _pieces(fuse, blob), digest_of(blob)))

    def _push_streamed(self, registry: Registry, fuse: Fuse, blob: bytes) -> None:
        location = self._start_upload(registry, fuse, blob)
        expect(202, registry.append(location, _pieces(fuse, blob)))
        self._finish(registry, fuse, location, blob, b"")

    def _push_in_chunks(self, registry: Registry, fuse: Fuse, blob: bytes) -> None:
        location = self._start_upload(registry, fuse, blob)
        chunks = [blob[at : at + CHUNK_BYTES] for at in range(0, len(blob), CHUNK_BYTES)]
        for number, chunk in enumerate(chunks[:-1]):
            answer = registry.append(location, _pieces(fuse, chunk), number * CHUNK_BYTES, len(chunk))
            expect(202, answer)
        self._finish(registry, fuse, location, blob, chunks[-1])

    def _start_upload(self, registry: Registry, fuse: Fuse, blob: bytes) -> str:
        fuse.burn(REQUEST_BYTES)
        location = registry.start_upload(self._repository)
        self.interrupted = (location, blob)
        return location

    def _finish(self, registry: Registry, fuse: Fuse, location: str, blob: bytes, last: bytes) -> None:
        expect(201, registry.finish(location, digest_of(blob), _pieces(fuse, last)))
        self.interrupted = None


def go_on(registry: Registry, repository: str, location: str, blob: bytes) -> None:
    """Finish an interrupted upload from where the server says it stands, or push anew if it is gone."""
    status = registry.status(location)
    if status.status_code == 404:
        expect(201, registry.push_blob(repository, blob, digest_of(blob)))
    else:
        offset = offset_of(expect(204, status))
        expect(201, registry.finish(location, digest_of(blob), blob[offset:]))
    registry.check_blob(repository, digest_of(blob))


def _pieces(fuse: Fuse, content: bytes) -> Iterator[bytes]:
    fuse.burn(REQUEST_BYTES)
    for at in range(0, len(content), PIECE_BYTES):
        fuse.burn(min(PIECE_BYTES, len(content) - at))
        yield content[at : at + PIECE_BYTES]
