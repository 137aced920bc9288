"""How a connection to PostgreSQL is made, and how long anything on it may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

# The server's own limit ends a statement; this much later it is the server that does not answer.
_GRACE_SECONDS = 1.0
# A peer that vanished without a word is noticed within 25 seconds, by either side: its locks go, its requests end.
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_OPTIONS = (
    "-c default_transaction_isolation=read\\ committed "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)


class NoAnswer(psycopg.OperationalError):
    """The server took the statement and said nothing for too long; it may still be working on it."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection that is given up when the server is silent for `patience` seconds."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the server, as every operation does."""
        timeout = self.patience if timeout is None else timeout
        started = monotonic()
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if timeout is None or monotonic() - started < timeout:
                raise
            self.close()
            raise NoAnswer(f"no answer within {timeout:g} seconds") from error


@dataclass(frozen=True, repr=False)
class Target:
    """Where a database is, and how long it may take."""

    _parameters: Mapping[str, Any]
    _patience: float | None

    @classmethod
    def parse(cls, url: str, connect_timeout: float, statement_timeout: float | None) -> Self:
        """Take a URL that libpq understands, whose own parameters win; times in seconds.

        Raises `ValueError`, which does not repeat the URL: it may hold a password.
        """
        try:
            given = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise ValueError(
                "the database URL cannot be understood; it must look like "
                "postgresql://user:password@host:5432/database, with %XX for special characters in the password "
                "(%40 for @, %2F for /)"
            ) from None
        limit = "" if statement_timeout is None else f" -c statement_timeout={int(statement_timeout * 1000)}"
        ours = _KEEPALIVES | {"application_name": "pierone", "connect_timeout": max(2, round(connect_timeout))}
        options: dict[str, str] = {
            "options": f"{_OPTIONS}{limit} {given.pop('options', '')}",
            "client_encoding": "UTF8",
        }
        patience = None if statement_timeout is None else statement_timeout + _GRACE_SECONDS
        return cls(ours | given | options, patience)

    def connect(self) -> BoundedConnection:
        """A new connection; raises `psycopg.Error`."""
        connection = BoundedConnection.connect(**self._parameters)
        connection.patience = self._patience
        return connection
