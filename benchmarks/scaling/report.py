"""SCALING.md: a table and a picture for each series."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.report import Facts, number
from benchmarks.scaling.series import Point, Series, written_amount

Measured = Mapping[str, Sequence[Point]]


def picture(series: Series) -> str:
    """Return the name of a series' picture."""
    return f"scaling-{series.name}.png"


def render(all_series: Sequence[Series], measured: Measured, facts: Facts, pictures: Path | None) -> str:
    """Return the whole report; `pictures` is where they lie, seen from the report, if there are any."""
    sections = (_head(facts), *(_section(series, measured[series.name], pictures) for series in all_series))
    return "\n".join(line for section in sections for line in section)


def _head(facts: Facts) -> Iterator[str]:
    yield "# How Pier One's requests scale"
    yield ""
    yield "Written by `python -m benchmarks --scaling`. Server and generator share the machine; a figure is one sample."
    yield ""
    yield from (f"- {name}: {fact}" for name, fact in facts)
    yield ""


def _section(series: Series, points: Sequence[Point], pictures: Path | None) -> Iterator[str]:
    yield f"## {series.title}"
    yield ""
    yield series.description
    yield ""
    yield f"| {series.amount} | " + " | ".join(f"{figure}, {unit}" for figure, unit in series.columns) + " |"
    yield "|---|" + "---|" * len(series.columns)
    for point in points:
        yield f"| {written_amount(series, point.amount)} | {_cells(series, point)} |"
    yield f"| **last / first** | {_ratios(series, points)} |"
    yield ""
    if pictures:
        yield f"![{series.title}]({pictures / picture(series)})"
        yield ""


def _cells(series: Series, point: Point) -> str:
    return " | ".join(number(point.figures[figure]) for figure, _ in series.columns)


def _ratios(series: Series, points: Sequence[Point]) -> str:
    first, last = points[0].figures, points[-1].figures
    return " | ".join(number(last[figure] / first[figure]) for figure, _ in series.columns)
