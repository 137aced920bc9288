"""One picture for each series; both axes are logarithmic, so a straight flat line is a cost that does not grow."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scaling.series import Panel, Point, Series, written_amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_INCHES, HEIGHT_INCHES = 5.5, 3.8
DOTS_AN_INCH = 110
MARKERS = "os^D"


def save(series: Series, points: Sequence[Point], path: Path) -> None:
    """Draw the panels beside each other into a PNG file."""
    # Half a second, and a development tool: whoever runs the rows needs none of it.
    from matplotlib.figure import Figure  # noqa: PLC0415

    count = len(series.panels)
    figure = Figure(figsize=(WIDTH_INCHES * count, HEIGHT_INCHES), dpi=DOTS_AN_INCH, layout="constrained")
    for number, panel in enumerate(series.panels, start=1):
        _draw(figure.add_subplot(1, count, number), series, panel, points)
    figure.savefig(path)


def _draw(axes: "Axes", series: Series, panel: Panel, points: Sequence[Point]) -> None:
    amounts = [point.amount for point in points]
    figures = {name: [point.figures[name] for point in points] for name in panel.figures}
    for (name, values), marker in zip(figures.items(), MARKERS, strict=False):
        axes.plot(amounts, values, marker=marker, label=name)
    axes.set_xscale("log")
    axes.set_xticks(amounts, [written_amount(series, amount) for amount in amounts])
    axes.set_xticks([], minor=True)
    axes.set(xlabel=series.title, ylabel=panel.unit)
    _set_decades(axes, [value for values in figures.values() for value in values])
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()


def _set_decades(axes: "Axes", values: Sequence[float]) -> None:
    """Show whole powers of ten, as the noise of some per cent would fill the picture otherwise."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    decades = [10.0**power for power in range(low, max(high, low + 1) + 1)]
    axes.set_yscale("log")
    axes.set_ylim(decades[0], decades[-1])
    axes.set_yticks(decades, [f"{decade:,g}" for decade in decades])
    axes.yaxis.set_minor_formatter("")
