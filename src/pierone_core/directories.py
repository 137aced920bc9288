"""Directories that know nobody: what stands where none is configured, so that everything is denied."""

from pierone_core.caller import Caller
from pierone_core.errors import Denied
from pierone_core.ports import Application


class NoTeams:
    """`TeamDirectory` without members; callers may still bring teams along (`Caller.teams`)."""

    def has_member(self, team: str, caller: Caller) -> bool:  # noqa: ARG002 - nobody is
        """See `TeamDirectory`."""
        return False


class NoApplications:
    """`ApplicationDirectory` without applications."""

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        raise Denied(
            f"service user {caller.name} may not push: this registry is connected to no Kio, which would say whose its "
            "application is; use a token with scope application.write_all, or ask the operator of the registry"
        )
