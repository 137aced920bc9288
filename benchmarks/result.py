"""What a row has brought: samples by role, and the comparisons they allow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.figures import Better, Comparison, Sample, Spread
from benchmarks.rows.row import Row


class Role(StrEnum):
    """What a server is in the comparison."""

    PEER = "peer"
    SUBJECT = "subject"
    CEILING = "ceiling"


Figure = Callable[[Sample], float | None]


def value(sample: Sample) -> float | None:
    """The row's own figure."""
    return sample.value


def p50(sample: Sample) -> float | None:
    """The median latency in milliseconds."""
    return sample.p50_ms


def p99(sample: Sample) -> float | None:
    """The 99th percentile of the latency in milliseconds."""
    return sample.p99_ms


@dataclass(frozen=True)
class Result:
    """The samples of one row, and a sentence on what each server was given before."""

    row: Row
    samples: Mapping[Role, Sequence[Sample]]
    preparations: Mapping[Role, str]

    def spread(self, role: Role, figure: Figure = value) -> Spread | None:
        """Return the spread of a figure, or nothing if this row does not have it for this role."""
        found = [figure(sample) for sample in self.samples.get(role, ())]
        values = [number for number in found if number is not None]
        return Spread.of(values) if values else None

    def comparison(self, figure: Figure = value) -> Comparison | None:
        """Compare subject and peer in a figure, or return nothing if one of them does not have it."""
        peer, subject = self.spread(Role.PEER, figure), self.spread(Role.SUBJECT, figure)
        if peer is None or subject is None:
            return None
        if figure is not value:
            return Comparison(peer, subject, Better.LOWER)
        return Comparison(peer, subject, self.row.better, self.row.reference.target if self.row.reference else 1.0)

    def beside(self, peer: str) -> str:
        """Return the name of what the subject is held against, which mostly is the peer."""
        return self.row.reference.name if self.row.reference else peer

    @property
    def command(self) -> str | None:
        """The command line of the generator, if it was an external one."""
        return self.samples[Role.SUBJECT][-1].command
