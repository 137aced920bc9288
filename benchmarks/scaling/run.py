"""Measuring the series, and where their report goes."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Facts
from benchmarks.rows.row import Scene
from benchmarks.scaling import clients, layers, tags
from benchmarks.scaling.plots import save
from benchmarks.scaling.report import Measured, picture, render
from benchmarks.scaling.series import Point, Series, written_amount
from benchmarks.servers import Kind

ALL_SERIES = (tags.TAGS, tags.REPOSITORIES, clients.CLIENTS, layers.LAYERS)
REPORT = Path(__file__).parents[1] / "SCALING.md"
PICTURES = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Scaling:
    """Which series are measured, on which server."""

    kind: Kind
    names: Sequence[str]
    is_quick: bool

    @property
    def series(self) -> list[Series]:
        """Those asked for, or all."""
        return [series for series in ALL_SERIES if series.name in self.names or not self.names]

    @property
    def is_complete(self) -> bool:
        """Whether this is all there is, in full size."""
        return not self.names and not self.is_quick

    def measure(self, scene: Scene) -> Measured:
        """Measure one series after the other."""
        return {series.name: self._measure(series, scene) for series in self.series}

    def _measure(self, series: Series, scene: Scene) -> Sequence[Point]:
        points = []
        for point in series.measure(self.kind, scene, series.quick_amounts if self.is_quick else series.amounts):
            points.append(point)
            figures = ", ".join(f"{name} {figure:,.1f}" for name, figure in point.figures.items())
            print(f"{series.name:14} {written_amount(series, point.amount):>10} {figures}", file=sys.stderr, flush=True)
        return points

    def write(self, measured: Measured, facts: Facts, output: Path | None) -> None:
        """Write report and pictures: a complete run to its places, others to `output` or on the screen."""
        report, pictures = output, output.parent if output else None
        if report is None and self.is_complete:
            report, pictures = REPORT, PICTURES
        if report is None or pictures is None:
            print(render(self.series, measured, facts, None))
            return
        for series in self.series:
            save(series, measured[series.name], pictures / picture(series))
        report.write_text(render(self.series, measured, facts, Path(os.path.relpath(pictures, report.parent))))
