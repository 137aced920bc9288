"""`TeamDirectory`: the team service, of which several generations are about.

`teams`             GET /teams/{team}                  {"id": ..., "member": ["uid", ...], "alias": [...]}
`teams-by-member`   GET /teams?member={uid}            [{"id": team}, ...]
`accounts`          GET /api/accounts/aws?member={uid} [{"name": team}, ...]
`user`              GET /user/{uid}                    [{"id": team}, ...]

It is asked in the caller's own name, with the caller's token; whoever has none is a member of nothing.
"""

from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

from pierone_adapters.web import Answer, WebSource
from pierone_core.caller import Caller

Api = Literal["teams", "teams-by-member", "accounts", "user"]
_OK, _NOT_FOUND = 200, 404
_DOTS = {".", ".."}  # quoting leaves them as they are, and in a path they lead elsewhere


class TeamService:
    """See `TeamDirectory`."""

    def __init__(self, source: WebSource, url: str, api: Api = "teams") -> None:
        """`url` is what stands before the paths above."""
        self._source, self._url = source, url.rstrip("/")
        apis: dict[Api, Callable[[str, Caller], bool]] = {
            "teams": self._is_listed,
            "teams-by-member": lambda team, caller: team in self._names("/teams", "id", caller, member=caller.name),
            "accounts": lambda team, caller: (
                team in self._names("/api/accounts/aws", "name", caller, member=caller.name)
            ),
            "user": lambda team, caller: team in self._names(f"/user/{quote(caller.name, safe='')}", "id", caller),
        }
        self._ask = apis[api]

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        is_askable = caller.token and not _DOTS & {team, caller.name}
        return bool(is_askable) and self._ask(team, caller)

    def _is_listed(self, team: str, caller: Caller) -> bool:
        answer = self._get(f"/teams/{quote(team, safe='')}", caller)
        if answer is None:
            return False
        facts = answer.json_object()
        members, aliases = facts.get("member"), facts.get("alias") or []
        if not isinstance(members, list) or not isinstance(aliases, list):
            raise answer.not_understood()
        # What was found is another team unless it says otherwise.
        return team in (facts.get("id", team), *aliases) and caller.name in members

    def _names(self, path: str, field: str, caller: Caller, **params: str) -> list[object]:
        """The teams in a list of things about the caller."""
        answer = self._get(path, caller, **params)
        if answer is None:
            return []
        things = answer.json()
        if not isinstance(things, list) or not all(isinstance(thing, dict) for thing in things):
            raise answer.not_understood()
        return [thing.get(field) for thing in things]

    def _get(self, path: str, caller: Caller, **params: str) -> Answer | None:
        answer = self._source.get(self._url + path, token=caller.token, params=params)
        if answer.status in (_OK, _NOT_FOUND):
            return answer if answer.status == _OK else None
        raise answer.unless_refused(caller).not_understood()
