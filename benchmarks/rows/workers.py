"""What a second process brings (`PIERONE_WORKERS`)."""

from functools import partial

from benchmarks.figures import Better, Sample
from benchmarks.images import MANIFEST_TYPE
from benchmarks.loads.connection import Connection
from benchmarks.loads.generators import CONNECTIONS, wrk
from benchmarks.rows.row import Reference, Row, Scene
from benchmarks.rows.stock import READ_IMAGE, READ_REPOSITORY, READ_TAG, provide
from benchmarks.rows.tags import PAGE, TAGS_A_PUT, put_tags
from benchmarks.servers import Server, running
from benchmarks.subject import with_settings

TARGET = 1.7
# Each process has to meet the caller and what is asked for once; that is not what is measured.
WARM_UP_SECONDS = 1


def _measure(path: str, accept: str, workers: int, server: Server, scene: Scene) -> Sample:
    kind = with_settings(server.kind, {"PIERONE_WORKERS": str(workers)})
    with running(kind, server.directory.with_name("workers")) as started:
        provide(started, READ_REPOSITORY, READ_TAG, READ_IMAGE)
        with Connection(started.address) as connection:
            for number in range(PAGE // TAGS_A_PUT):
                put_tags(READ_REPOSITORY, connection, number)
        target = f"/v2/{READ_REPOSITORY}/{path}"
        wrk(started.address, target, WARM_UP_SECONDS, accept)
        return wrk(started.address, target, scene.seconds, accept)


def _row(name: str, title: str, note: str, path: str, accept: str) -> Row:
    return Row(
        name,
        f"{title}, two workers",
        "requests/s",
        Better.HIGHER,
        f"GET on {CONNECTIONS} connections from a server with PIERONE_WORKERS=2, and from one with a single process; "
        f"each started for its sample and warmed up. {note}",
        partial(_measure, path, accept, 2),
        reference=Reference("one worker", partial(_measure, path, accept, 1), TARGET),
    )


def rows() -> tuple[Row, ...]:
    """Return the rows of this module."""
    return (
        _row(
            "two-workers",
            "manifest GET by tag",
            "The generator takes a core for itself, so this needs three cores to show what a second worker brings.",
            f"manifests/{READ_TAG}",
            MANIFEST_TYPE,
        ),
        _row(
            "two-workers-list",
            f"tags/list?n={PAGE}",
            "The server works much longer on such an answer than the generator does.",
            f"tags/list?n={PAGE}",
            "application/json",
        ),
    )
