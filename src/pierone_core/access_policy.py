"""Who may push and who may pull. A check raises `Denied` or returns None; there is no bool to forget.

Any caller with a proven identity may pull (product text: access to push follows teams, images are
there to be deployed by everybody).
"""

from pierone_core.caller import Caller
from pierone_core.errors import Denied
from pierone_core.values import Repository


def check_push(caller: Caller, repository: Repository) -> None:
    """Raise `Denied` unless `caller` belongs to the team that owns `repository`."""
    if caller.unrestricted or repository.team in caller.teams:
        return
    raise Denied(
        f"{caller.name} may not push to {repository}: not a member of team {repository.team}; "
        f"ask that team for membership or push to a repository of your own team",
        {"caller": caller.name, "team": repository.team, "teams": sorted(caller.teams)},
    )
