"""Several client processes doing the same work at the same time, each on its own connection."""

import multiprocessing
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.address import Address
from benchmarks.figures import Sample, percentile
from benchmarks.loads.connection import Connection

CLIENTS = 8
# Long enough for every process to be there and connected before the clock starts.
MUSTER_SECONDS = 0.5

Work = Callable[[Connection, int], None]
"""One unit of work; the number is unique among all clients of one run."""


@dataclass(frozen=True)
class Assignment:
    """What every client does, and when it ends: at the deadline, or after so many units each."""

    work: Work
    address: Address
    start: float
    deadline: float = float("inf")
    units: float = float("inf")


@dataclass(frozen=True)
class Shift:
    """What one client did: the seconds each unit took, and when (monotonic clock) the last one ended."""

    latencies: "array[float]"
    end: float


def run_for(seconds: float, work: Work, address: Address) -> Sample:
    """Let CLIENTS processes work until the time is over (a unit that has begun is finished); units/s."""
    start = time.monotonic() + MUSTER_SECONDS
    assignment = Assignment(work, address, start, deadline=start + seconds)
    return _sample(_gather(assignment), start)


def run_units(total: int, work: Work, address: Address) -> Sample:
    """Let CLIENTS processes do the units 0 .. total - 1; `total` is a multiple of CLIENTS; units/s."""
    start = time.monotonic() + MUSTER_SECONDS
    return _sample(_gather(Assignment(work, address, start, units=total // CLIENTS)), start)


def _sample(shifts: Sequence[Shift], start: float) -> Sample:
    latencies = sorted(latency for shift in shifts for latency in shift.latencies)
    elapsed = max(shift.end for shift in shifts) - start
    return Sample(len(latencies) / elapsed, percentile(latencies, 0.5) * 1e3, percentile(latencies, 0.99) * 1e3)


def _gather(assignment: Assignment) -> list[Shift]:
    # fork: a fresh interpreter per client and round would take longer than the load itself.
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        return pool.map(partial(_client, assignment), range(CLIENTS), chunksize=1)


def _client(assignment: Assignment, number: int) -> Shift:
    latencies = array("d")
    with Connection(assignment.address) as connection:
        time.sleep(max(0.0, assignment.start - time.monotonic()))
        begin = time.monotonic()
        while begin < assignment.deadline and len(latencies) < assignment.units:
            assignment.work(connection, number + CLIENTS * len(latencies))
            end = time.monotonic()
            latencies.append(end - begin)
            begin = end
    return Shift(latencies, begin)
