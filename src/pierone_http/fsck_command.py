"""`pierone-server fsck`: look for damage, one finding a line, and a summary.

Exits with 0 if nothing is damaged, 1 if something is, 2 if it could not be looked at.
"""

import sys
import traceback
from argparse import ArgumentParser, ArgumentTypeError
from typing import Protocol

from pierone_core.errors import RegistryError
from pierone_core.fsck import Fsck, Tally
from pierone_http.container import Container
from pierone_http.settings import Settings

_SAMPLE = "100"
_DAMAGED, _NOT_LOOKED_AT = 1, 2


class Commands(Protocol):
    """What argparse collects commands in."""

    def add_parser(self, name: str, *, help: str) -> ArgumentParser:  # noqa: A002 - argparse's name
        """Add a command."""


def add_to(commands: Commands) -> None:
    """Add `fsck` to the command line; it takes the settings of the environment and the file."""
    parser = commands.add_parser("fsck", help="compare database and blob store, verify digests, tell what is damaged")
    about = f"whose bytes are read and hashed: all blobs, none, or so many chosen by chance (default {_SAMPLE})"
    parser.add_argument("--verify", metavar="all|none|N", default=_SAMPLE, type=_sample, help=about)
    rebuild = "make blobs visible again that a manifest needs and the store has; removes nothing"
    parser.add_argument("--rebuild", action="store_true", help=rebuild)


def run(settings: Settings, sample: int | None, *, rebuild: bool) -> None:
    """Look at everything that `settings` lead to, while servers use it or not; exits as the module says."""
    try:
        damage = _look(settings, sample, rebuild=rebuild)
    except (RegistryError, OSError, ValueError) as error:
        print(f"pierone-server: could not look at everything: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(_NOT_LOOKED_AT)
    except Exception:  # noqa: BLE001 - Python's own status for it would be that of damage
        traceback.print_exc()
        sys.exit(_NOT_LOOKED_AT)
    sys.exit(_DAMAGED if damage else 0)


def _look(settings: Settings, sample: int | None, *, rebuild: bool) -> int:
    _check_there(settings)
    container = Container(settings=settings)
    metadata = container.metadata()
    try:
        return _report(Fsck(metadata, container.blob_store()), sample, rebuild=rebuild)
    finally:
        metadata.close()


def _check_there(settings: Settings) -> None:
    """A registry that is not there would be made, and found without a fault."""
    if settings.storage == "memory":
        raise ValueError("what is in memory can be seen by the server alone: PIERONE_STORAGE is memory")
    if not settings.database_url and not (settings.data_dir / "pierone.sqlite").exists():
        raise ValueError(f"there is no registry in {settings.data_dir}: set PIERONE_DATA_DIR")


def _report(fsck: Fsck, sample: int | None, *, rebuild: bool) -> int:
    damage = 0
    for finding in fsck.run(sample, rebuild=rebuild):
        damage += finding.is_damage
        print(finding)  # noqa: T201 - the output
    print(_summary(fsck.tally, damage))  # noqa: T201
    return damage


def _summary(tally: Tally, damage: int) -> str:
    return (
        f"{tally.manifests} manifests, {tally.tags} tags and {tally.blobs} blobs compared; "
        f"{tally.verified_blobs} blobs of {tally.verified_bytes} bytes verified; "
        f"{damage or 'no'} damage{' findings' if damage else ''}"
    )


def _sample(text: str) -> int | None:
    if text == "all":
        return None
    if text == "none":
        return 0
    if text.isdecimal():
        return int(text)
    raise ArgumentTypeError("all, none, or how many")
