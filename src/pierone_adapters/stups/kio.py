"""`ApplicationDirectory`: Kio, asked in the caller's own name.

A service user is called after its application, with a prefix that the settings know (`stups_kio` is application
`kio`). Whoever lacks the prefix is told so; whoever has a name that no application can have is no application.
"""

import re
from dataclasses import dataclass

from pierone_adapters.web import Answer, WebSource
from pierone_core.caller import Caller
from pierone_core.errors import Denied
from pierone_core.ports import Application

_ID = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_MAX_ID = 255
_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True)
class Kio:
    """See `ApplicationDirectory`."""

    source: WebSource
    url: str
    prefix: str = ""

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        application_id = self._application_id(caller.name)
        if application_id is None or not caller.token:
            return None
        answer = self.source.get(f"{self.url.rstrip('/')}/apps/{application_id}", token=caller.token)
        if answer.status == _NOT_FOUND:
            return None
        return _read(answer.unless_refused(caller), application_id)

    def _application_id(self, name: str) -> str | None:
        if not name.startswith(self.prefix):
            raise Denied(
                f"service user {name} may not push: names of service users begin with {self.prefix} here, and the rest "
                "is the application in Kio"
            )
        application_id = name.removeprefix(self.prefix)
        return application_id if len(application_id) <= _MAX_ID and _ID.fullmatch(application_id) else None


def _read(answer: Answer, application_id: str) -> Application | None:
    facts = answer.json_object()
    team = facts.get("team_id")
    if answer.status != _OK or not isinstance(team, str) or facts.get("id") != application_id:
        raise answer.not_understood()
    return Application(team, active=facts.get("active") is True)
