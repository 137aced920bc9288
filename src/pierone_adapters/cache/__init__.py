"""What can never change, kept in memory over any metadata store; what directories answered, kept for minutes."""

from pierone_adapters.cache.answers import Answers
from pierone_adapters.cache.directories import CachedApplications, CachedTeams
from pierone_adapters.cache.metadata import cached

__all__ = ["Answers", "CachedApplications", "CachedTeams", "cached"]
