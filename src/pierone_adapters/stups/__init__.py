"""The directories of STUPS: the team service, and Kio, which knows the applications."""

from pierone_adapters.stups.kio import Kio
from pierone_adapters.stups.team_service import TeamService

__all__ = ["Kio", "TeamService"]
