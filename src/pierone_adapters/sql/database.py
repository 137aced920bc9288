"""What the SQL adapters need of a database, whichever it is. Every method raises `Unavailable` or `StorageFull`."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Executable, Row

Parameters = Mapping[str, object]


class Database(Protocol):
    """Single statements; each is a transaction of its own."""

    def read(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        """All rows of a SELECT, which sees the last commit."""

    def write(self, statement: Executable, parameters: Parameters) -> None:
        """Change something, durably; the statement must be harmless to repeat."""

    def patient(self, statement: Executable) -> None:
        """Like `write`, but it may take as long as it needs, and is not tried again."""

    def check(self) -> None:
        """Ask for as little as can be."""

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """See `Metadata`."""

    def close(self) -> None:
        """Close all connections."""
