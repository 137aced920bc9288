"""Directories for the clients: short paths, because of the sockets in them, and no mounts left behind."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def client_home(name: str) -> Iterator[Path]:
    """Give an empty directory for the time of the block; the client must be gone at its end."""
    home = Path(tempfile.mkdtemp(prefix=f"pierone-{name}-"))
    try:
        yield home
    finally:
        _unmount_below(home)
        shutil.rmtree(home)


def _unmount_below(directory: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    # The innermost first.
    for mount in sorted((m for m in mounts if Path(m).is_relative_to(directory)), reverse=True):
        subprocess.run(["umount", mount], check=True)
