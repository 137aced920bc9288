"""The directories behind the rules: when they are asked, and that nobody gets in while they are silent."""

from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from pierone_core.access_policy import WRITE, WRITE_ALL, AccessPolicy
from pierone_core.caller import EMPLOYEES, INSTANCES, NOBODY, SERVICES, Caller
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, Unauthorized, Unavailable
from pierone_core.ports import Application
from pierone_core.values import Repository

OUR_APP = Repository("ours/app")


class Silence:
    """Both directories, out of reach."""

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        raise Unavailable(f"no answer about {caller.name} and {team}")

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        raise Unavailable(f"no answer about {caller.name}")


@dataclass
class Notes:
    """Both directories: nobody is in them, but who was asked about is noted."""

    asked: list[str] = field(default_factory=list)

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        self.asked.append(f"whether {caller.name} is in {team}")
        return False

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        self.asked.append(f"what application {caller.name} is")
        return None


@pytest.mark.parametrize(
    "caller",
    [Caller("caller", teams=frozenset({"theirs"})), Caller("caller", realm=SERVICES, scopes=frozenset({WRITE}))],
    ids=[EMPLOYEES, SERVICES],
)
def test_a_directory_that_is_silent_or_is_not_there_denies(caller: Caller) -> None:
    with pytest.raises(Unavailable, match="no answer about caller"):
        AccessPolicy(Silence(), Silence()).check_push(caller, OUR_APP)
    with pytest.raises(Denied):
        AccessPolicy(NoTeams(), NoApplications()).check_push(caller, OUR_APP)


def test_a_directory_that_is_silent_keeps_nobody_from_pulling() -> None:
    AccessPolicy(Silence(), Silence()).check_pull(Caller("caller"), OUR_APP)


@pytest.mark.parametrize(
    ("caller", "questions"),
    [
        (Caller("employee, member by token", teams=frozenset({"ours"})), []),
        (Caller("bob"), ["whether bob is in ours"]),
        (Caller("service that may write all", realm=SERVICES, scopes=frozenset({WRITE_ALL})), []),
        (Caller("service that may not write", realm=SERVICES, scopes=frozenset()), []),
        (Caller("robot", realm=SERVICES, scopes=frozenset({WRITE})), ["what application robot is"]),
        (Caller("instance", realm=INSTANCES, scopes=frozenset({WRITE, WRITE_ALL})), []),
        (NOBODY, []),
    ],
    ids=lambda value: value.name if isinstance(value, Caller) else "asks",
)
def test_directories_are_asked_once_and_only_where_the_answer_matters(caller: Caller, questions: list[str]) -> None:
    directory = Notes()
    with suppress(Denied, Unauthorized):
        AccessPolicy(directory, directory).check_push(caller, OUR_APP)
    assert directory.asked == questions
