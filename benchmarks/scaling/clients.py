"""More and more clients at the same time."""

from collections.abc import Iterator, Sequence

from benchmarks.images import MANIFEST_TYPE
from benchmarks.loads.generators import wrk
from benchmarks.rows.row import Scene
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.scaling.series import Panel, Point, Series, powers
from benchmarks.servers import Kind, running

RATE, P50, P99 = "manifest GET", "p50", "p99"


def _measure(kind: Kind, scene: Scene, amounts: Sequence[int]) -> Iterator[Point]:
    target = f"/v2/{READ_REPOSITORY}/manifests/{READ_TAG}"
    with running(kind, scene.directory / "clients") as server:
        provide(server, READ_REPOSITORY, READ_TAG, READ_IMAGE)
        for amount in amounts:
            sample = wrk(server.address, target, scene.seconds, MANIFEST_TYPE, amount)
            yield Point(amount, {RATE: sample.value, P50: sample.p50_ms or 0, P99: sample.p99_ms or 0})


CLIENTS = Series(
    "clients",
    "Number of clients at the same time",
    "clients",
    (Panel("requests/s", (RATE,)), Panel("ms", (P50, P99))),
    "GET of one manifest by tag, wrk with one thread and as many connections; the generator shares the machine.",
    _measure,
    powers(2, 0, 8),
    (1, 16),
)
