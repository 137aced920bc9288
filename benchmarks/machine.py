"""Facts about this machine and the programs that ran, each read where it is known."""

import os
import platform
import subprocess
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.peer import Peer

ROOT = Path(__file__).parent.parent
TOOLS = ("wrk", "hey", "curl")


def facts(directory: Path, peer: Peer | None = None) -> list[tuple[str, str]]:
    """Return names and values; `directory` is where the servers keep their data."""
    return [
        ("Date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("CPU", f"{_cpu_model()}, {len(os.sched_getaffinity(0))} cores"),
        ("Memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"),
        ("Kernel", platform.release()),
        ("File system of the data", _file_system(directory)),
        ("Python", platform.python_version()),
        ("Pier One", _subject_version()),
        *([(peer.name, f"{peer.version()}, started by `{peer.command}`")] if peer else []),
        ("Generators", ", ".join(f"{tool} {_package_version(tool)}" for tool in TOOLS)),
        ("Load average before", " ".join(f"{load:.2f}" for load in os.getloadavg())),
    ]


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _file_system(directory: Path) -> str:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [mount for mount in mounts if directory.resolve().is_relative_to(mount[1])]
    return max(holding, key=lambda mount: len(mount[1]))[2]


def _subject_version() -> str:
    name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    try:
        number = version(name)
    except PackageNotFoundError:
        number = "not installed"
    commit = _printed(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    changed = _printed(["git", "-C", str(ROOT), "status", "--porcelain", "--", "src"])
    return f"{number}, commit {commit}{' with uncommitted changes' if changed else ''}"


def _package_version(tool: str) -> str:
    # hey cannot tell its version; on other systems than Debian nobody is asked.
    return _printed(["dpkg-query", "-W", "-f", "${Version}", tool])


def _printed(command: Sequence[str]) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()
