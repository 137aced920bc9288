"""The command line: which rows, how many rounds, where the report goes."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.comparison import run_row, started
from benchmarks.peer import DEFAULT_PEER, Peer
from benchmarks.report import render
from benchmarks.result import Result
from benchmarks.rows import all_rows
from benchmarks.rows.row import FULL, QUICK, Row, Scene
from benchmarks.scaling.run import ALL_SERIES, Scaling
from benchmarks.subject import USER, subject

RESULTS = Path(__file__).parent / "RESULTS.md"
GENERATORS = ("wrk", "hey", "curl")
IDENTITY = (
    f"Pier One has a users file, and every request to it shows the password of `{USER}`, whom it knows from its cache"
)
OPEN = "nobody is asked who they are"
# Not /tmp, which is memory on many machines: durability would cost nothing there.
DATA_DIRECTORY = Path("/var/tmp")  # noqa: S108 - a directory of our own is made in it


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _arguments(names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the names of the rows and end")
    parser.add_argument("--row", action="append", choices=names, metavar="NAME", help="run this row; repeatable")
    parser.add_argument("--rounds", type=_positive, default=3, help="samples of each server (default: %(default)s)")
    parser.add_argument("--seconds", type=_positive, default=5, help="length of a sample (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see whether everything works")
    parser.add_argument(
        "--peer",
        type=Peer.parse,
        default=DEFAULT_PEER,
        metavar="NAME=COMMAND",
        help="the registry to compare with (default: %(default)s)",
    )
    parser.add_argument(
        "--scaling",
        nargs="*",
        choices=[series.name for series in ALL_SERIES],
        metavar="NAME",
        help="measure costs against amounts instead of the rows: all of %(choices)s, or some",
    )
    parser.add_argument("--open", action="store_true", help="Pier One without identity: nobody shows credentials")
    parser.add_argument("--control", action="store_true", help="the peer plays both roles: ratios show the noise")
    parser.add_argument("--output", type=Path, help="the report's file (default: RESULTS.md for a complete run)")
    parser.add_argument(
        "--data-directory", type=Path, default=DATA_DIRECTORY, help="on a real disk (default: %(default)s)"
    )
    return parser.parse_args()


def _run(rows: Sequence[Row], arguments: argparse.Namespace, directory: Path) -> str:
    begin = time.monotonic()
    peer: Peer = arguments.peer
    facts = machine.facts(directory, peer)
    missing = {row.name: row.reference.missing() for row in rows if row.reference}
    facts += [("Not measured", f"{name}: {what}") for name, what in missing.items() if what]
    scene = Scene(directory, arguments.seconds, QUICK if arguments.quick else FULL)
    second = peer.kind() if arguments.control else subject(is_open=arguments.open)
    with started(peer.kind(), second, directory) as servers:
        results: list[Result] = [
            run_row(row, servers, scene, arguments.rounds) for row in rows if not missing.get(row.name)
        ]
    length = f"{arguments.rounds} rounds, samples of {arguments.seconds} s"
    facts.append(("Run", f"{length}, {time.monotonic() - begin:,.0f} s in all"))
    if arguments.control:
        facts.append(("Control", f"{peer.name} plays both roles; Pier One did not run"))
    else:
        facts.append(("Identity", OPEN if arguments.open else f"{IDENTITY}; {peer.name} asks nobody who they are"))
    return render(results, facts, peer.name)


def _scale(arguments: argparse.Namespace, directory: Path) -> None:
    scaling = Scaling(subject(is_open=arguments.open), arguments.scaling, arguments.quick)
    facts = [*machine.facts(directory), ("Identity", OPEN if arguments.open else IDENTITY)]
    begin = time.monotonic()
    measured = scaling.measure(Scene(directory, arguments.seconds, FULL))
    facts.append(("Run", f"samples of {arguments.seconds} s, {time.monotonic() - begin:,.0f} s in all"))
    scaling.write(measured, facts, arguments.output)


def _write(report: str, arguments: argparse.Namespace) -> None:
    """Replace RESULTS.md only by a complete run of full size."""
    partial = arguments.row or arguments.quick or arguments.control or arguments.open
    if output := arguments.output or (None if partial else RESULTS):
        output.write_text(report)
    else:
        print(report)


def main() -> int:
    """Run the rows asked for; 2 if a program is missing."""
    names = [row.name for row in all_rows(FULL)]
    arguments = _arguments(names)
    if arguments.list:
        print("\n".join(names))
        return 0
    peer = [] if arguments.scaling is not None else [arguments.peer.program]
    if missing := [program for program in (*peer, *GENERATORS) if shutil.which(program) is None]:
        print(f"missing: {', '.join(missing)}; Debian's packages are named as the programs", file=sys.stderr)
        return 2
    rows = [row for row in all_rows(QUICK if arguments.quick else FULL) if row.name in (arguments.row or names)]
    if arguments.control:
        rows = [row for row in rows if not row.reference]
    with tempfile.TemporaryDirectory(prefix="pierone-benchmark-", dir=arguments.data_directory) as directory:
        if arguments.scaling is not None:
            _scale(arguments, Path(directory))
        else:
            _write(_run(rows, arguments, Path(directory)), arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
