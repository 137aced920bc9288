"""Answers of directories, kept for minutes if they allow something and for seconds if not.

A kept answer ends with the identity of whoever asked. Keys say who was meant, never by which token; whoever has no
token is told apart from whoever has one, since only the latter can be asked about.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime

from pierone_adapters.cache.answers import Answers
from pierone_core.caller import Caller
from pierone_core.ports import Application, ApplicationDirectory, TeamDirectory

_KEEP_SECONDS = 300.0
_KEEP_REFUSAL_SECONDS = 5.0


class CachedTeams:
    """`TeamDirectory` over another."""

    def __init__(self, teams: TeamDirectory, answers: Answers[bool] | None = None) -> None:
        """Keep answers of `teams`."""
        self._teams, self._answers = teams, answers or Answers()

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        return self._answers.get(
            (team, *_who(caller)), lambda: self._teams.has_member(team, caller), _seconds_for(caller)
        )


class CachedApplications:
    """`ApplicationDirectory` over another."""

    def __init__(self, applications: ApplicationDirectory, answers: Answers[Application | None] | None = None) -> None:
        """Keep answers of `applications`."""
        self._applications, self._answers = applications, answers or Answers()

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        keep = _seconds_for(caller)
        return self._answers.get(
            _who(caller),
            lambda: self._applications.application_of(caller),
            lambda application: keep(application is not None and application.active),
        )


def _who(caller: Caller) -> tuple[Hashable, ...]:
    return caller.realm, caller.name, bool(caller.token)


def _seconds_for(caller: Caller) -> Callable[[bool], float]:
    """How long to keep an answer about `caller` that allows something, or not."""

    def seconds(allows: bool) -> float:  # noqa: FBT001 - the answer itself
        keep = _KEEP_SECONDS if allows else _KEEP_REFUSAL_SECONDS
        if caller.expires_at is None:
            return keep
        return min(keep, (caller.expires_at - datetime.now(UTC)).total_seconds())

    return seconds
