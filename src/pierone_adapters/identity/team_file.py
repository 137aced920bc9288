"""`TeamDirectory` in a JSON file: {"myteam": ["alice", "bob"]}."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pierone_adapters.identity.json_file import read_names
from pierone_core.caller import Caller


class TeamFile:
    """See `TeamDirectory`."""

    def __init__(self, teams: Mapping[str, frozenset[str]]) -> None:
        """Names of members by team; use `read` to get one from a file."""
        self._teams = teams

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raises `ValueError` saying what is wrong with it, or `OSError`."""
        teams = read_names(path, "teams")
        return cls({team: _read_members(path, team, members) for team, members in teams.items()})

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        return caller.name in self._teams.get(team, ())


def _read_members(path: Path, team: str, members: object) -> frozenset[str]:
    if isinstance(members, list) and all(isinstance(member, str) for member in members):
        return frozenset(members)
    raise ValueError(f"{path}: team {team!r} needs a list of user names")
