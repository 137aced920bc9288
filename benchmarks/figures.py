"""Samples, their spread, and the comparison of two servers."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Better(StrEnum):
    """Which direction of a figure is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Sample:
    """One measurement of one server: the row's figure, and latencies in milliseconds where they exist."""

    value: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    command: str | None = None


@dataclass(frozen=True)
class Spread:
    """The median and the extremes of some rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Raise statistics.StatisticsError when there are no values."""
        return cls(statistics.median(values), min(values), max(values))

    def overlaps(self, other: "Spread") -> bool:
        """Say whether the two ranges have a figure in common, so that more rounds might turn the order."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Comparison:
    """The subject's figure beside the peer's; `target` is how many times as good it is to be."""

    peer: Spread
    subject: Spread
    better: Better
    target: float = 1.0

    @property
    def ratio(self) -> float:
        """Subject / peer, whichever direction is good."""
        return self.subject.median / self.peer.median if self.peer.median else math.inf

    @property
    def falls_short(self) -> bool:
        """Say whether the subject's median is worse than is asked for."""
        if self.better is Better.HIGHER:
            return self.subject.median < self.peer.median * self.target
        return self.subject.median * self.target > self.peer.median


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of values that are sorted already; `share` is 0 < share <= 1."""
    rank = math.ceil(share * len(sorted_values))
    return sorted_values[max(rank, 1) - 1]
