"""What the operating system knows of a running server."""

from collections import Counter
from pathlib import Path

from tests.integration.server import Server


def process_id(server: Server) -> int:
    """Return the id of the running server."""
    assert server.process is not None
    return server.process.pid


def descriptors(server: Server) -> Counter[str]:
    """Count open files and sockets by what they are; the database's do not count, as it keeps connections."""
    kinds: Counter[str] = Counter()
    for descriptor in Path(f"/proc/{process_id(server)}/fd").iterdir():
        try:
            kinds[_kind(str(descriptor.readlink()), server.data_dir)] += 1
        except FileNotFoundError:  # closed in this moment
            continue
    del kinds["database"]
    return kinds


def threads(server: Server) -> int:
    """Return how many threads the server has."""
    return sum(1 for _ in Path(f"/proc/{process_id(server)}/task").iterdir())


def memory(server: Server, what: str) -> int:
    """Return a line of /proc/<pid>/status in bytes: `VmRSS` now, `VmHWM` at the peak."""
    for line in Path(f"/proc/{process_id(server)}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(what)


def _kind(target: str, data_dir: Path) -> str:
    if target.startswith(f"{data_dir}/pierone.sqlite"):
        return "database"
    if target.startswith(f"{data_dir}/"):
        return target.removeprefix(f"{data_dir}/").partition("/")[0]
    return target.partition(":")[0]
