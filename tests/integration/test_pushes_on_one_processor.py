"""Where the threads of a running server are: `together`, wired for what is near and for nothing else."""

import os
from pathlib import Path

from tests.integration.bucket import in_bucket
from tests.integration.oci import Repository, connect, eventually
from tests.integration.server import Server

SMALL, LARGE = b"small", bytes(4 << 20)
EVERYWHERE = os.sched_getaffinity(0)


def threads(server: Server) -> set[int]:
    """Return the numbers of its threads but for the first, which is the event loop's."""
    assert server.process
    found = {int(path.name) for path in Path(f"/proc/{server.process.pid}/task").iterdir()}
    return found - {server.process.pid}


def companions(server: Server) -> set[int]:
    """Return the threads that give way to the event loop."""
    return {thread for thread in threads(server) if os.sched_getscheduler(thread) == os.SCHED_BATCH}


def places(server: Server) -> set[int]:
    """Return the processors on which the event loop may run."""
    assert server.process
    return os.sched_getaffinity(server.process.pid)


def test_the_loop_is_held_beside_the_threads_of_small_pushes_and_let_go_afterwards(server: Server) -> None:
    with connect(server.url) as api:
        repository = Repository(api)

        def is_held() -> bool:
            repository.push_blob(SMALL)
            return len(places(server)) == 1

        eventually(is_held)
        assert companions(server)
        eventually(lambda: places(server) == EVERYWHERE)


def test_large_pushes_go_anywhere(server: Server) -> None:
    with connect(server.url) as api:
        Repository(api).push_blob(LARGE)
        others = threads(server) - companions(server)
        assert others
        assert all(os.sched_getaffinity(thread) == EVERYWHERE for thread in others)


def test_blobs_in_s3_are_pushed_anywhere(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env=in_bucket()) as server, connect(server.url) as api:
        Repository(api).push_blob(SMALL)
        assert not companions(server)
