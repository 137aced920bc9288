"""A blob store that hangs holds up blobs; manifests and tags go on."""

import asyncio
import hashlib
import json
import threading
from dataclasses import replace
from typing import Any

import httpx2
from dependency_injector import providers

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import Caller
from pierone_core.values import Digest, Repository
from pierone_http.container import Container
from pierone_http.settings import Settings

APP = Repository.parse("team/app")
PUSHER = Caller("me", unrestricted=True)
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode()
# More than all the threads there are.
MANY = 100


class HungStore(MemoryBlobStore):
    """Answers nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_hung, self.released = False, threading.Event()

    def open_blob(self, digest: Digest, start: int, stop: int) -> Any:  # noqa: ANN401 - its own kind of reader
        self._wait()
        return super().open_blob(digest, start, stop)

    def open_upload(self, upload_id: str, algorithm: str) -> Any:  # noqa: ANN401 - its own kind of writer
        self._wait()
        return super().open_upload(upload_id, algorithm)

    def _wait(self) -> None:
        if self.is_hung:
            self.released.wait(60)


def test_manifests_are_pushed_and_pulled_while_the_store_hangs() -> None:
    container, store = Container(settings=Settings(storage="memory")), HungStore()
    # As a database elsewhere: reads go to threads, too.
    container.metadata.override(providers.Object(replace(memory_metadata(), prompt=False)))
    container.blob_store.override(providers.Object(store))
    digest = container.registry().push_blobs.push_blob(PUSHER, APP, b"layer")
    asyncio.run(_check(container.app(), store, digest))


async def _check(app: Any, store: HungStore, digest: Digest) -> None:  # noqa: ANN401 - an ASGI application
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=30) as client:
        store.is_hung = True
        blob, upload = f"/v2/{APP}/blobs/{digest}", f"/v2/{APP}/blobs/uploads/?digest=sha256:{_sha(b'new')}"
        hanging = [asyncio.create_task(client.get(blob)) for _ in range(MANY)]
        hanging += [asyncio.create_task(client.post(upload, content=b"new")) for _ in range(MANY)]
        try:
            await asyncio.sleep(0.1)  # all of them have come as far as they come
            async with asyncio.timeout(30):
                await _push_and_pull(client)
        finally:
            store.released.set()
        assert {answer.status_code for answer in await asyncio.gather(*hanging)} == {200, 201}


def test_an_upload_that_was_given_up_while_the_store_hung_goes_on() -> None:
    container, store = Container(settings=Settings(storage="memory")), HungStore()
    container.blob_store.override(providers.Object(store))
    asyncio.run(_give_up_and_go_on(container.app(), store))


async def _give_up_and_go_on(app: Any, store: HungStore) -> None:  # noqa: ANN401 - an ASGI application
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=30) as client:
        location = (await client.post(f"/v2/{APP}/blobs/uploads/")).headers["Location"]

        async def send_chunk() -> int:
            return (await client.patch(location, content=b"new", headers={"Content-Range": "0-2"})).status_code

        store.is_hung = True
        hanging = asyncio.create_task(send_chunk())
        await asyncio.sleep(0.1)  # it has come as far as it comes
        hanging.cancel()
        await asyncio.wait([hanging])
        store.released.set()
        await asyncio.sleep(0.1)
        assert await send_chunk() == 202


async def _push_and_pull(client: httpx2.AsyncClient) -> None:
    url = f"/v2/{APP}/manifests/1.0"
    assert (await client.put(url, content=EMPTY, headers={"Content-Type": INDEX})).status_code == 201
    assert (await client.get(url)).content == EMPTY
    assert (await client.get(f"/v2/{APP}/manifests/none")).status_code == 404


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
