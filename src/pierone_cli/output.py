"""Rows for people (text), for programs (json) and for `cut` and `awk` (tsv).

A column whose name ends in `_time` holds seconds since 1970; text shows how long ago that was.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

Row = Mapping[str, object]
FORMATS = ("text", "json", "tsv")
_AGES = ((86400 * 2, 86400, "d"), (7200, 3600, "h"), (120, 60, "m"), (0, 1, "s"))


def print_rows(
    columns: Sequence[str], rows: Sequence[Row], output: str, widths: Mapping[str, int] | None = None
) -> None:
    """Print `rows` to standard output; `widths`: after how many characters text cuts a column off."""
    if output == "json":
        click.echo(json.dumps([{name: row.get(name) for name in columns} for row in rows], sort_keys=True))
    elif output == "tsv":
        lines = [columns, *([_printable(row.get(name)) for name in columns] for row in rows)]
        click.echo("\n".join("\t".join(line) for line in lines))
    else:
        _print_text(columns, [[_text(row.get(name), name, widths or {}) for name in columns] for row in rows])


def seconds(timestamp: str | None) -> float | None:
    """Seconds since 1970 of a timestamp of the API, such as `2015-08-20T08:14:59.432Z`."""
    if not timestamp:
        return None
    moment = datetime.fromisoformat(timestamp)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def say(sentence: str) -> None:
    """Tell a person what happens; standard output is for results."""
    click.echo(sentence, err=True)


def _print_text(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    titles = [name.replace("_", " ").title() for name in columns]
    widths = [max(len(line[index]) for line in [titles, *rows]) for index in range(len(columns))]
    header = "│".join(title.ljust(width) for title, width in zip(titles, widths, strict=True))
    click.secho(header.rstrip(), bold=True)
    for row in rows:
        click.echo(" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _text(value: object, column: str, widths: Mapping[str, int]) -> str:
    if column.endswith("_time") and isinstance(value, int | float):
        return age(value)
    cell = _printable(value)
    width = widths.get(column, len(cell))
    return cell if len(cell) <= width else cell[:width]


def age(moment: float) -> str:
    """How long ago a moment was, such as `3d ago`."""
    passed = max(time.time() - moment, 0)
    seconds_each, unit = next((size, unit) for from_, size, unit in _AGES if passed >= from_)
    return f"{passed // seconds_each:.0f}{unit} ago"


def _printable(value: object) -> str:
    # What others wrote (a file's name, an author) must not move the cursor of who reads it.
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else "�" for character in text)
