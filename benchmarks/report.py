"""The Markdown report; every figure in it comes from the samples."""

from collections.abc import Iterator, Sequence

from benchmarks.figures import Better, Comparison, Spread
from benchmarks.result import Figure, Result, Role, p50, p99, value

Facts = Sequence[tuple[str, str]]
NOTHING = "-"
FIGURES: tuple[tuple[str, Figure], ...] = (("", value), (" (p50)", p50), (" (p99)", p99))


def render(results: Sequence[Result], facts: Facts, peer: str) -> str:
    """Return the whole report; `peer` is the name of the other registry."""
    with_peer = [result for result in results if not result.row.reference]
    sections = (
        _head(facts, peer),
        _figures(with_peer, peer),
        _latencies(with_peer, peer),
        _references([result for result in results if result.row.reference]),
        _shortfalls(results, peer),
        _methods(results, peer),
    )
    return "\n".join(line for section in sections for line in section)


def number(amount: float) -> str:
    """Write a figure with as many digits as it deserves."""
    if amount >= 100:  # noqa: PLR2004 - three digits
        return f"{amount:,.0f}"
    if amount >= 10:  # noqa: PLR2004 - two digits
        return f"{amount:.1f}"
    return f"{amount:.2f}" if amount >= 0.1 else f"{amount:.2g}"  # noqa: PLR2004 - two decimals would be nought


def written(spread: Spread | None) -> str:
    """Write a median with its extremes."""
    if spread is None:
        return NOTHING
    return f"{number(spread.median)} ({number(spread.low)} to {number(spread.high)})"


def _head(facts: Facts, peer: str) -> Iterator[str]:
    yield f"# Pier One beside {peer}"
    yield ""
    yield "Written by `python -m benchmarks`; see README.md there for what a row does and how to read it."
    yield ""
    for name, fact in facts:
        yield f"- {name}: {fact}"
    yield ""


def _figures(results: Sequence[Result], peer: str) -> Iterator[str]:
    if not results:
        return
    yield "## Figures"
    yield ""
    yield f"Median (minimum to maximum) of the rounds. The ratio is Pier One / {peer}. The ceiling is"
    yield "what the same generator reached against a server that stores nothing."
    yield ""
    yield f"| row | unit | better | {peer} | Pier One | ratio | generator's ceiling |"
    yield "|---|---|---|---|---|---|---|"
    for result in results:
        row = result.row
        yield f"| {row.title} | {row.unit} | {row.better} | {_cells(result, value)} |"
    yield ""


def _latencies(results: Sequence[Result], peer: str) -> Iterator[str]:
    lines = [line for result in results for line in _latencies_of(result)]
    if not lines:
        return
    yield "## Latencies in milliseconds"
    yield ""
    yield f"| row | percentile | {peer} | Pier One | ratio | generator's ceiling |"
    yield "|---|---|---|---|---|---|"
    yield from lines
    yield ""


def _latencies_of(result: Result) -> Iterator[str]:
    for name, figure in (("p50", p50), ("p99", p99)):
        if result.spread(Role.PEER, figure):
            yield f"| {result.row.title} | {name} | {_cells(result, figure)} |"


def _references(results: Sequence[Result]) -> Iterator[str]:
    lines = [line for result in results for line in _references_of(result)]
    if not lines:
        return
    yield "## Beside others"
    yield ""
    yield "Rows in which the peer has no part. The ratio is Pier One / the other."
    yield ""
    yield "| row | unit | better | the other | its figure | Pier One | ratio | asked for |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from lines
    yield ""


def _references_of(result: Result) -> Iterator[str]:
    for suffix, figure in FIGURES:
        comparison = result.comparison(figure)
        if comparison and result.row.reference:
            unit = result.row.unit if figure is value else "ms"
            first = f"{result.row.title}{suffix} | {unit} | {comparison.better} | {result.row.reference.name}"
            figures = f"{written(comparison.peer)} | {written(comparison.subject)} | {number(comparison.ratio)}"
            yield f"| {first} | {figures} | {comparison.target:g} |"


def _cells(result: Result, figure: Figure) -> str:
    peer, subject, ceiling = (written(result.spread(role, figure)) for role in Role)
    comparison = result.comparison(figure)
    ratio = number(comparison.ratio) if comparison else NOTHING
    return f"{peer} | {subject} | {ratio} | {ceiling}"


def _shortfalls(results: Sequence[Result], peer: str) -> Iterator[str]:
    yield "## Rows where Pier One falls short"
    yield ""
    found = [line for result in results for line in _shortfalls_of(result, peer)]
    yield from found or [f"There are none: no median is worse than {peer}'s, or than what is asked for."]
    yield ""


def _shortfalls_of(result: Result, peer: str) -> Iterator[str]:
    for suffix, figure in FIGURES:
        comparison = result.comparison(figure)
        if comparison and comparison.falls_short:
            yield f"- {result.row.title}{suffix}: {_shortfall(comparison, result.beside(peer))}"


def _shortfall(comparison: Comparison, peer: str) -> str:
    size = "less" if comparison.better is Better.HIGHER else "more"
    overlap = "the ranges overlap" if comparison.peer.overlaps(comparison.subject) else "the ranges do not overlap"
    asked = f"the {comparison.target:g} that is asked for" if comparison.target != 1 else "it should be"
    return f"{number(comparison.ratio)} of {peer}'s figure, {size} than {asked}; {overlap}."


def _methods(results: Sequence[Result], peer: str) -> Iterator[str]:
    yield "## How each row was measured"
    yield ""
    yield "`$SERVER` is the address of the server; rows without a command line are clients of this package."
    for result in results:
        yield ""
        row = result.row
        yield f"**{row.title}** (`python -m benchmarks --row {row.name}`): {row.description}"
        yield from (f"- {line}" for line in _details(result, peer))
    yield ""


def _details(result: Result, peer: str) -> Iterator[str]:
    if result.command:
        yield f"Command: `{result.command}`"
    names = {Role.PEER: result.beside(peer), Role.SUBJECT: "Pier One"}
    yield from (f"{names[role]}: {said}." for role, said in result.preparations.items() if said)
