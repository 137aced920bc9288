"""Running rows: prepare both servers, then measure them in turn, round after round."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Sample
from benchmarks.result import Result, Role
from benchmarks.rows.row import Row, Scene
from benchmarks.servers import NULL, Kind, Server, running

Servers = Mapping[Role, Server]


@contextmanager
def started(peer: Kind, subject: Kind, directory: Path) -> Iterator[Servers]:
    """Start the servers all rows share."""
    kinds = {Role.PEER: peer, Role.SUBJECT: subject, Role.CEILING: NULL}
    with ExitStack() as stack:
        servers = {role: stack.enter_context(running(kind, directory / role)) for role, kind in kinds.items()}
        # The null server knows nobody, but the ceiling is that of the same bytes.
        ceiling = replace(servers[Role.CEILING].address, authorization=subject.authorization)
        yield {**servers, Role.CEILING: replace(servers[Role.CEILING], address=ceiling)}


def run_row(row: Row, servers: Servers, scene: Scene, rounds: int) -> Result:
    """Prepare and measure one row: peer, subject, peer, subject, and so on."""
    prepared = (Role.SUBJECT,) if row.reference else (Role.PEER, Role.SUBJECT)
    preparations = {role: row.prepare(servers[role], scene) for role in prepared}
    roles = [Role.PEER, Role.SUBJECT] + [Role.CEILING] * row.ceiling
    samples: dict[Role, list[Sample]] = {role: [] for role in roles}
    for _ in range(1 if row.once else rounds):
        for role in roles:
            samples[role].append(_measure(row, role, servers, scene))
    return Result(row, samples, preparations)


def _measure(row: Row, role: Role, servers: Servers, scene: Scene) -> Sample:
    server, measure, name = servers[role], row.measure, servers[role].kind.name
    if row.reference and role is Role.PEER:
        server, measure, name = servers[Role.SUBJECT], row.reference.measure, row.reference.name
    # What one server left to be written must not be written while the other is measured.
    os.sync()
    sample = measure(server, scene)
    print(f"{row.name:22} {name:16} {sample.value:12,.1f} {row.unit}", file=sys.stderr, flush=True)
    return sample
