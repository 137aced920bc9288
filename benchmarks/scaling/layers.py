"""Larger and larger layers, pushed and pulled by one client.

The client is Python's own: what curl needs to start is more than a small layer costs.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse

from benchmarks.address import Address
from benchmarks.layer_file import LayerFile
from benchmarks.loads.connection import UnexpectedAnswerError
from benchmarks.loads.registry_client import closing_target, upload_target
from benchmarks.rows.row import Scene
from benchmarks.scaling.series import Figures, Panel, Point, Series, powers
from benchmarks.servers import Kind, running
from benchmarks.subject import TEAM

PUSH, PULL = "push", "pull"
REPOSITORY = f"{TEAM}/layer-sizes"
PIECE_BYTES = 1 << 20
# A layer is sent again until this much was sent, but at least once and not too often.
ENOUGH_BYTES, MOST_TIMES = 256 << 20, 50


class Client:
    """One connection to a server."""

    def __init__(self, address: Address) -> None:
        """Connect with the first request."""
        self._connection = HTTPConnection(address.host, address.port, blocksize=PIECE_BYTES)
        self._headers = address.headers

    def push(self, layer: LayerFile, digest: str) -> None:
        """POST, PATCH with the file, PUT."""
        location = self._ask("POST", f"/v2/{REPOSITORY}/blobs/uploads/", HTTPStatus.ACCEPTED)["location"]
        with layer.path.open("rb") as file:
            length = {"Content-Length": str(layer.size)}
            self._connection.request("PATCH", upload_target(location), file, {**self._headers, **length})
        location = self._finish(self._connection.getresponse(), HTTPStatus.ACCEPTED)["location"]
        self._ask("PUT", closing_target(location, digest), HTTPStatus.CREATED)

    def pull(self, digest: str) -> None:
        """GET the blob and forget it."""
        self._ask("GET", f"/v2/{REPOSITORY}/blobs/{digest}", HTTPStatus.OK)

    def _ask(self, method: str, target: str, status: HTTPStatus) -> Mapping[str, str]:
        self._connection.request(method, target, headers=dict(self._headers))
        return self._finish(self._connection.getresponse(), status)

    def _finish(self, response: HTTPResponse, status: HTTPStatus) -> Mapping[str, str]:
        buffer = bytearray(PIECE_BYTES)
        while response.readinto(buffer):
            pass
        if response.status != status:
            raise UnexpectedAnswerError(f"{response.status} instead of {status}: {bytes(buffer[:300])!r}")
        return {name.lower(): value for name, value in response.getheaders()}


def _seconds(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _figures(client: Client, layer: LayerFile) -> Figures:
    times = min(max(ENOUGH_BYTES // layer.size, 1), MOST_TIMES)
    pushed, digest = 0.0, ""
    for _ in range(times):
        digest = layer.fresh()
        os.sync()
        pushed += _seconds(partial(client.push, layer, digest))
    pulled = sum(_seconds(partial(client.pull, digest)) for _ in range(times))
    sent = layer.size * times / 1e6
    return {PUSH: sent / pushed, PULL: sent / pulled}


def _measure(kind: Kind, scene: Scene, amounts: Sequence[int]) -> Iterator[Point]:
    with running(kind, scene.directory / "layers") as server:
        client = Client(server.address)
        for amount in amounts:
            layer = LayerFile.create(scene.directory / "scaling.bin", amount)
            yield Point(amount, _figures(client, layer))


LAYERS = Series(
    "layers",
    "Size of a layer",
    "size",
    (Panel("MB/s", (PUSH, PULL)),),
    f"One client on one connection. `push`: POST, PATCH with a length, PUT, new content each time, synced to disk "
    f"before; `pull`: GET of the last one, from the page cache. Each up to {MOST_TIMES} times, until "
    f"{ENOUGH_BYTES >> 20} MiB went over the line. MB are 10^6 bytes.",
    _measure,
    powers(2, 10, 31, 3),
    powers(2, 10, 22, 6),
    is_bytes=True,
)
