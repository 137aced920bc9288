"""What can never change, kept in memory over any metadata store."""

from pierone_adapters.cache.metadata import cached

__all__ = ["cached"]
