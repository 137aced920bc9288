"""Disks that fail, made of mounts; they need root, as the docker daemon of other tests does."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(path: Path, size: str, files: int = 10_000) -> Iterator[None]:
    """Mount an empty file system at `path`, with room for so many bytes (`16m`) in so many files."""
    path.mkdir()
    with _mounted(path, "-t", "tmpfs", "-o", f"size={size},nr_inodes={files}", "tmpfs"):
        yield


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Make everything below `path` read-only for whoever opens it from now on."""
    with _mounted(path, "--bind", str(path)):
        _run("mount", "-o", "remount,bind,ro", str(path))
        yield


@contextmanager
def full(path: Path, left: int = 0) -> Iterator[None]:
    """Fill the file system of `path` but for `left` bytes."""
    filler = path / "filler"
    try:
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _free_bytes(path) - left)
        yield
    finally:
        filler.unlink()


@contextmanager
def out_of_files(path: Path) -> Iterator[None]:
    """Make so many files on the file system of `path` that no more can be made."""
    crowd = path / "crowd"
    crowd.mkdir()
    made = [crowd / str(n) for n in range(os.statvfs(path).f_favail)]
    try:
        for file in made:
            file.touch()
        yield
    finally:
        for file in made:
            file.unlink(missing_ok=True)
        crowd.rmdir()


def _free_bytes(path: Path) -> int:
    facts = os.statvfs(path)
    return facts.f_bavail * facts.f_frsize


@contextmanager
def _mounted(path: Path, *arguments: str) -> Iterator[None]:
    if os.geteuid() != 0:
        raise RuntimeError("only root can mount file systems: run the tests of failing disks as root")
    _run("mount", *arguments, str(path))
    try:
        yield
    finally:
        # Lazily: a server that a failed test left running must not keep the mount.
        _run("umount", "--lazy", str(path))


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
