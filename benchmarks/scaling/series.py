"""A figure for each of several amounts: one table and one picture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.rows.row import Scene
from benchmarks.servers import Kind

BINARY_UNITS = ("B", "KiB", "MiB", "GiB")

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Point:
    """The figures at one amount of whatever there is more and more of."""

    amount: int
    figures: Figures


@dataclass(frozen=True)
class Panel:
    """A part of the picture: figures of one unit, by name."""

    unit: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """What is measured against what. `measure` yields a point for each amount, smallest first."""

    name: str
    title: str
    amount: str
    panels: tuple[Panel, ...]
    description: str
    measure: Callable[[Kind, Scene, Sequence[int]], Iterator[Point]]
    amounts: tuple[int, ...]
    quick_amounts: tuple[int, ...]
    is_bytes: bool = False

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Each figure with its unit, in the order of the panels."""
        return [(figure, panel.unit) for panel in self.panels for figure in panel.figures]


def written_amount(series: Series, amount: int) -> str:
    """Write an amount, of bytes in the largest binary unit that it fills."""
    if not series.is_bytes:
        return f"{amount:,}"
    power = (amount.bit_length() - 1) // 10
    return f"{amount >> 10 * power} {BINARY_UNITS[power]}"


def powers(base: int, first: int, last: int, step: int = 1) -> tuple[int, ...]:
    """Return base**first to base**last."""
    return tuple(base**exponent for exponent in range(first, last + 1, step))
