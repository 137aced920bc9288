"""A statement of SQLAlchemy as text for the `sqlite3` module, compiled once.

What SQLAlchemy's Core does for each execution (looking for the compiled statement, a context, a result, events) takes
some 90 us where SQLite itself needs 10. Here it compiles, and converts values with its own types; the rest is a call.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select
from sqlalchemy.dialects.sqlite import dialect

from pierone_adapters.sql.database import Parameters

_DIALECT = dialect(paramstyle="named")
_Convert = Callable[[Any], Any]
_Row = tuple[Any, ...]
# Names that are known only when the statement is: a checker of types wants them written out.
_new_kind: Callable[[str, Sequence[str]], Any] = namedtuple  # noqa: PYI024


class SqliteStatement:
    """One statement, for any connection and thread."""

    def __init__(self, statement: Executable) -> None:
        """Compile `statement`, whose parameters are all named."""
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # every Executable of ours has it
        self._sql = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._binders = _chosen((name, bind.type.dialect_impl(_DIALECT)) for name, bind in compiled.binds.items())
        columns: Sequence[ColumnElement[Any]] = (
            list(statement.selected_columns) if isinstance(statement, Select) else []
        )
        self._readers = [column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for column in columns]
        self._reads_plainly = not any(self._readers)
        self._make = _maker([column.name for column in columns])

    def execute(self, connection: sqlite3.Connection, parameters: Parameters) -> sqlite3.Cursor:
        """Run it; raises `sqlite3.Error`."""
        values = {**self._constants, **parameters}
        for name, convert in self._binders:
            values[name] = convert(values[name])
        return connection.execute(self._sql, values)

    def rows(self, connection: sqlite3.Connection, parameters: Parameters) -> Sequence[Any]:
        """All rows of a SELECT, with its columns as attributes; raises `sqlite3.Error`."""
        found = self.execute(connection, parameters).fetchall()
        return list(map(self._make, found if self._reads_plainly else map(self._read, found)))

    def _read(self, row: _Row) -> _Row:
        return tuple(read(value) if read else value for read, value in zip(self._readers, row, strict=True))


def _maker(names: Sequence[str]) -> Callable[[_Row], Any]:
    kind = _new_kind("Row", names)
    make: Callable[[_Row], Any] = kind._make
    return make


def _chosen(types: Iterable[tuple[str, Any]]) -> list[tuple[str, _Convert]]:
    found = ((name, kind.bind_processor(_DIALECT)) for name, kind in types)
    return [(name, convert) for name, convert in found if convert]


@lru_cache(256)
def prepared(statement: Executable) -> SqliteStatement:
    """The compiled statement; ours are constants of modules, so each is compiled once."""
    return SqliteStatement(statement)
