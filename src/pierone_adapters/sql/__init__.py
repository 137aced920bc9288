"""Metadata in a SQL database through SQLAlchemy Core."""

from pierone_adapters.sql.metadata import postgres_metadata, sqlite_metadata, upgrade_postgres

__all__ = ["postgres_metadata", "sqlite_metadata", "upgrade_postgres"]
