"""A directory of both kinds, in memory."""

from collections.abc import Callable

from pierone_core.caller import Caller
from pierone_core.ports import Application

ALICE = Caller("alice", token="t0ken-of-alice")
ACTIVE, INACTIVE = Application("myteam", active=True), Application("myteam", active=False)


class Directory:
    """Both directories at once: answers what the test sets, and counts."""

    def __init__(self) -> None:
        """Know nothing."""
        self.answer: Callable[[], Application | None] = lambda: None
        self.asked: list[tuple[str, Caller]] = []

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        return self._answer(team, caller) is not None

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        return self._answer("", caller)

    def _answer(self, team: str, caller: Caller) -> Application | None:
        answer = self.answer  # as it is set when the question comes
        self.asked.append((team, caller))
        return answer()
