"""Directories that know nobody: what stands where none is configured, so that everything is denied."""

from pierone_core.caller import Caller
from pierone_core.ports import Application


class NoTeams:
    """`TeamDirectory` without members; callers may still bring teams along (`Caller.teams`)."""

    def has_member(self, team: str, caller: Caller) -> bool:  # noqa: ARG002 - nobody is
        """See `TeamDirectory`."""
        return False


class NoApplications:
    """`ApplicationDirectory` without applications."""

    def application_of(self, caller: Caller) -> Application | None:  # noqa: ARG002 - there are none
        """See `ApplicationDirectory`."""
        return None
