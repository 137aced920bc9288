"""Failures of databases in the core's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from pierone_core.errors import StorageFull, Unavailable

# PostgreSQL's own codes (its manual, appendix "PostgreSQL Error Codes"): disk_full.
_DISK_FULL = "53100"


@contextmanager
def translated() -> Iterator[None]:
    """Raise `Unavailable` or `StorageFull` for whatever a database raises."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the registry's database cannot be opened: {error.strerror}") from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        if _is_full(getattr(error, "orig", error)):
            raise StorageFull("the registry's database has no room left; nothing was accepted") from error
        raise Unavailable("the registry's database does not answer; nothing was accepted, try again") from error


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return "full" in str(error)
    return getattr(error, "sqlstate", None) == _DISK_FULL
