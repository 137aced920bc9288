"""What a second process brings (`PIERONE_WORKERS`)."""

from functools import partial

from benchmarks.figures import Better, Sample
from benchmarks.images import MANIFEST_TYPE
from benchmarks.loads.generators import CONNECTIONS, wrk
from benchmarks.rows.row import Reference, Row, Scene
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.servers import Server, running
from benchmarks.subject import with_settings

TARGET = 1.7
# Each process has to meet the caller and the manifest once; that is not what is measured.
WARM_UP_SECONDS = 1


def _measure(workers: int, server: Server, scene: Scene) -> Sample:
    kind = with_settings(server.kind, {"PIERONE_WORKERS": str(workers)})
    with running(kind, server.directory.with_name("workers")) as started:
        provide(started, READ_REPOSITORY, READ_TAG, READ_IMAGE)
        target = f"/v2/{READ_REPOSITORY}/manifests/{READ_TAG}"
        wrk(started.address, target, WARM_UP_SECONDS, MANIFEST_TYPE)
        return wrk(started.address, target, scene.seconds, MANIFEST_TYPE)


def rows() -> tuple[Row, ...]:
    """Return the row of this module."""
    return (
        Row(
            "two-workers",
            "manifest GET by tag, two workers",
            "requests/s",
            Better.HIGHER,
            f"GET of one manifest on {CONNECTIONS} connections from a server with PIERONE_WORKERS=2, and from one "
            "with a single process; each started for its sample and warmed up. The generator takes a core for itself, "
            "so this needs three cores to show what a second worker brings.",
            partial(_measure, 2),
            reference=Reference("one worker", partial(_measure, 1), TARGET),
        ),
    )
