"""Who may push and who may pull. A check raises or returns None; there is no bool to forget.

The rules are those of the product text. Pushing to `team/...` is allowed to an employee who is a member of the team;
to a service user with scope application.write whose application belongs to the team in Kio and is active; to a
service user with scope application.write_all. Whoever has an identity may pull; with public read, anybody.
A directory that does not answer denies (`Unavailable`), as does one that is not configured.
"""

from dataclasses import dataclass

from pierone_core.caller import ANONYMOUS, EMPLOYEES, PULL, PUSH, SERVICES, Caller, Grants
from pierone_core.errors import Denied, ScopeMissing, Unauthorized
from pierone_core.ports import ApplicationDirectory, TeamDirectory
from pierone_core.values import Repository

WRITE = "application.write"
WRITE_ALL = "application.write_all"
# Besides: to say where an image comes from (`scm_source`). It allows no push by itself.
WRITE_ALL_TRUSTED = "application.write_all_trusted"


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The rules over two directories: who is in which team, which application belongs to which team."""

    teams: TeamDirectory
    applications: ApplicationDirectory
    public_read: bool = False

    def check_push(self, caller: Caller, repository: Repository) -> None:
        """Raise `Denied` with the reason, `Unauthorized` or `Unavailable` unless `caller` may push there."""
        if caller.unrestricted:
            return
        if caller.grants is not None:
            _check_grant(caller.grants, repository, PUSH)
        elif caller.realm == EMPLOYEES:
            self._check_member(caller, repository.team)
        elif caller.realm == SERVICES:
            self._check_application(caller, repository.team)
        elif caller.realm == ANONYMOUS:
            raise Unauthorized(f"log in to push to {repository}: docker login <registry>")
        else:
            raise Denied(f"{caller.name} may not push: realm {caller.realm or '(none)'} may only pull")

    def check_pull(self, caller: Caller, repository: Repository) -> None:
        """Raise `Unauthorized` unless `caller` may pull from `repository`."""
        if caller.grants is not None:
            _check_grant(caller.grants, repository, PULL)
        else:
            self.check_read(caller)

    def check_read(self, caller: Caller) -> None:
        """Raise `Unauthorized` unless `caller` may read what belongs to no repository."""
        if caller.realm == ANONYMOUS and not self.public_read:
            raise Unauthorized("log in to use this registry: docker login <registry>")

    def _check_member(self, caller: Caller, team: str) -> None:
        if team in caller.teams or self.teams.has_member(team, caller):
            return
        raise Denied(
            f"{caller.name} may not push to {team}/...: not a member of team {team}; "
            "ask that team for membership, or push to a repository of your own team",
            {"caller": caller.name, "team": team},
        )

    def _check_application(self, caller: Caller, team: str) -> None:
        if WRITE_ALL in caller.scopes:
            return
        if WRITE not in caller.scopes:
            raise Denied(
                f"service user {caller.name} may not push: its token has neither scope {WRITE} nor {WRITE_ALL}",
                {"caller": caller.name, "scopes": sorted(caller.scopes)},
            )
        application = self.applications.application_of(caller)
        if application is None or not application.active or application.team != team:
            owner = f"belongs to team {application.team}" if application else "is not registered"
            state = "" if application is None or application.active else " and is not active"
            raise Denied(
                f"service user {caller.name} may not push to {team}/...: its application {owner}{state} in Kio",
                {"caller": caller.name, "team": team},
            )


def _check_grant(grants: Grants, repository: Repository, action: str) -> None:
    asked = repository.name, action
    if asked in grants.allowed:
        return
    if asked in grants.refused:
        raise Denied(grants.refused[asked])
    raise ScopeMissing(f"the token does not cover {action} of {repository}; ask for one that does")
