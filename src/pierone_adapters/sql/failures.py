"""Failures of databases in the core's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from pierone_core.errors import RegistryError, StorageFull, Unavailable

# PostgreSQL's own codes (its manual, appendix "PostgreSQL Error Codes"): disk_full, insufficient_privilege.
_DISK_FULL, _NO_RIGHT = "53100", "42501"


@contextmanager
def translated() -> Iterator[None]:
    """Raise `Unavailable` or `StorageFull` for whatever a database raises."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the registry's database cannot be opened: {error.strerror}") from error
    except SQLAlchemyError as error:
        raise _in_words(getattr(error, "orig", None)) from error


def _in_words(error: BaseException | None) -> RegistryError:
    if _is_full(error):
        return StorageFull("the registry's database has no room left; nothing was accepted")
    if getattr(error, "sqlstate", None) == _NO_RIGHT:
        return Unavailable("the registry lacks a right in its database; its log tells the operator which")
    return Unavailable("the registry's database does not answer; nothing was accepted, try again")


def cause(error: SQLAlchemyError) -> str:
    """What the database, or the way to it, said: for operators; it names no password."""
    return str(getattr(error, "orig", error)).strip()


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return "full" in str(error)
    return getattr(error, "sqlstate", None) == _DISK_FULL
