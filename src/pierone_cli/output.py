"""Rows for people (text), for programs (json) and for `cut` and `awk` (tsv).

A column whose name ends in `_time` holds seconds since 1970; text shows how long ago that was.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice

import click

from pierone_cli.errors import ClientError, printable

Row = Mapping[str, object]
FORMATS = ("text", "json", "tsv")
_AGES = ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "m"), (0, 1, "s"))
# As the earlier client called them; every other column is called by its name.
_TITLES = {"created_time": "Created", "created_by": "By", "url": "URL", "layer_index": "Idx"}
# So many rows decide how wide the columns of text are: more are not kept.
_ROWS_TO_MEASURE = 1000


def print_rows(
    columns: Sequence[str],
    rows: Iterable[Row],
    output: str,
    widths: Mapping[str, int] | None = None,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Print `rows` to standard output; `widths`: after how many characters text cuts a column off."""
    for piece in pieces(columns, rows, output, widths, titles):
        click.echo(piece, nl=False)


def pieces(
    columns: Sequence[str],
    rows: Iterable[Row],
    output: str,
    widths: Mapping[str, int] | None = None,
    titles: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """What `print_rows` prints, as the rows come; nothing comes before the first row is there."""
    if output == "json":
        return _json(columns, rows)
    if output == "tsv":
        return _tsv(columns, rows)
    cells = ([_text(row.get(name), name, widths or {}) for name in columns] for row in rows)
    shown = _TITLES | dict(titles or {})
    return _table([shown.get(name, name.replace("_", " ").title()) for name in columns], cells)


def seconds(timestamp: str | None) -> float | None:
    """Seconds since 1970 of a timestamp of the API, such as `2015-08-20T08:14:59.432Z`; raises `ClientError`."""
    if not timestamp:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise ClientError(f"{timestamp!r} is no point in time; is the registry a Pier One?") from error


def say(sentence: str) -> None:
    """Tell a person what happens; standard output is for results."""
    click.echo(printable(sentence), err=True)


def _json(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    before = "["
    for row in rows:
        yield before + json.dumps({name: row.get(name) for name in columns}, sort_keys=True)
        before = ", "
    yield "]\n" if before == ", " else "[]\n"


def _tsv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    before = "\t".join(columns) + "\n"
    for row in rows:
        yield before + "\t".join(_cell(row.get(name)) for name in columns) + "\n"
        before = ""
    yield before


def _table(titles: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    measured = list(islice(rows, _ROWS_TO_MEASURE))
    widths = [max(map(len, column)) for column in zip(titles, *measured, strict=True)]
    header = "│".join(title.ljust(width) for title, width in zip(titles, widths, strict=True))
    yield click.style(header.rstrip(), bold=True) + "\n"
    for row in chain(measured, rows):
        yield " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _text(value: object, column: str, widths: Mapping[str, int]) -> str:
    if column.endswith("_time") and isinstance(value, int | float):
        return age(value)
    cell = _cell(value)
    width = widths.get(column, len(cell))
    return cell if len(cell) <= width else cell[:width]


def age(moment: float) -> str:
    """How long ago a moment was, such as `3d ago`."""
    passed = max(time.time() - moment, 0)
    seconds_each, unit = next((size, unit) for from_, size, unit in _AGES if passed >= from_)
    return f"{passed // seconds_each:.0f}{unit} ago"


def _cell(value: object) -> str:
    return "" if value is None else printable(str(value))
