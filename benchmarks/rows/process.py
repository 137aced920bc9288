"""The server as a process: how soon it answers, and how much memory it holds."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.rows.row import Row, Scene
from benchmarks.servers import POLL_SECONDS, Server, running

IDLE_SECONDS = 1.0


def _of_fresh_start(server: Server, scene: Scene, figure: Callable[[Server], float]) -> Sample:
    directory = Path(tempfile.mkdtemp(dir=scene.directory)) / "data"
    with running(server.kind, directory) as fresh:
        return Sample(figure(fresh))


def _start_ms(fresh: Server) -> float:
    return fresh.start_ms


def _idle_mib(fresh: Server) -> float:
    time.sleep(IDLE_SECONDS)
    return fresh.resident_mib()


def rows_at_start() -> tuple[Row, ...]:
    """Return the rows that start servers of their own."""
    return (
        Row(
            "start-up",
            "start-up to the first answer",
            "ms",
            Better.LOWER,
            "From the start of the process on an empty directory until GET /v2/ is answered 200; "
            f"asked every {POLL_SECONDS * 1e3:.0f} ms.",
            lambda server, scene: _of_fresh_start(server, scene, _start_ms),
        ),
        Row(
            "memory-idle",
            "resident memory, idle",
            "MiB",
            Better.LOWER,
            f"VmRSS of the process and its children {IDLE_SECONDS:.0f} s after the first answer.",
            lambda server, scene: _of_fresh_start(server, scene, _idle_mib),
        ),
    )


def row_at_end() -> Row:
    """Return the row that looks at the servers after all other rows."""
    return Row(
        "memory-after",
        "resident memory, after all rows of this run",
        "MiB",
        Better.LOWER,
        "VmRSS of the process (and its children) that answered every row above but start-up and memory-idle.",
        lambda server, _: Sample(server.resident_mib()),
        once=True,
    )
