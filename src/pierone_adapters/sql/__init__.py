"""Metadata in a SQL database through SQLAlchemy Core."""

from pierone_adapters.sql.metadata import sqlite_metadata

__all__ = ["sqlite_metadata"]
