"""What a row is: how a server is prepared for it, and how it is measured once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.figures import Better, Sample
from benchmarks.layer_file import MIB, LayerFile
from benchmarks.servers import Server


@dataclass(frozen=True)
class Sizes:
    """How much content the rows use."""

    layer_mib: int
    few_tags: int
    many_tags: int
    cold_tags: int


FULL = Sizes(layer_mib=512, few_tags=1_000, many_tags=100_000, cold_tags=10_000)
QUICK = Sizes(layer_mib=16, few_tags=200, many_tags=2_000, cold_tags=800)


@dataclass(frozen=True)
class Scene:
    """What the rows share: a directory for files, the length of a round, the sizes."""

    directory: Path
    seconds: int
    sizes: Sizes

    @cached_property
    def layer(self) -> LayerFile:
        """The large layer, written when a row first needs it."""
        return LayerFile.create(self.directory / "layer.bin", self.sizes.layer_mib * MIB)


def nothing_to_prepare(_: Server, __: Scene) -> str:
    """Prepare nothing."""
    return ""


def nothing_missing() -> str:
    """Miss nothing."""
    return ""


@dataclass(frozen=True)
class Reference:
    """What a row is held against instead of the peer.

    `measure` gets the subject's server, as what is measured may be another side of it. `target` is the ratio that is
    asked for. `missing` says what this machine lacks, or nothing; then the row is left out.
    """

    name: str
    measure: Callable[[Server, Scene], Sample]
    target: float
    missing: Callable[[], str] = nothing_missing


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `prepare` returns a sentence on what the server was given, or nothing. `ceiling` rows also run
    against the null server. `once` rows have one sample however many rounds there are. With a `reference` the peer
    has no part in the row.
    """

    name: str
    title: str
    unit: str
    better: Better
    description: str
    measure: Callable[[Server, Scene], Sample]
    prepare: Callable[[Server, Scene], str] = nothing_to_prepare
    ceiling: bool = False
    once: bool = False
    reference: Reference | None = None
