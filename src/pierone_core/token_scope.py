"""What a token of our own is to allow: reading the scopes of a token request and judging them.

Grammar: Docker registry token authentication, "Token Scope": `repository:<name>:<action>[,<action>]`. What is not
understood is not granted; nothing is ever widened.
"""

from collections.abc import Iterable, Sequence

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import PULL, PUSH, Caller, Grants
from pierone_core.errors import Denied, NameInvalid, Unauthorized
from pierone_core.values import Repository

# A push mounts from a few repositories at the most.
SCOPES_AT_ONCE = 20
# A push is of one team; each is a question to a directory that may be slow.
TEAMS_AT_ONCE = 4


def parse_scopes(texts: Iterable[str]) -> list[tuple[Repository, str]]:
    """(repository, action) pairs of scope parameters, each a space-separated list; pull and push only."""
    scopes = [scope for text in texts for scope in text.split()][:SCOPES_AT_ONCE]
    return [pair for scope in scopes for pair in _parse_scope(scope)]


def _parse_scope(scope: str) -> list[tuple[Repository, str]]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    try:
        repository = Repository.parse(name)
    except NameInvalid:
        return []
    return [(repository, action) for action in (PULL, PUSH) if kind == "repository" and action in actions.split(",")]


def without_too_many_teams(asked: Sequence[tuple[Repository, str]]) -> list[tuple[Repository, str]]:
    """`asked` without pushes to any team after the first few.

    They are neither granted nor refused: whoever goes on to push there is told which scope to ask for, and gets that
    in a request of its own (a server may grant less than was asked for).
    """
    teams = list(dict.fromkeys(repository.team for repository, action in asked if action == PUSH))[:TEAMS_AT_ONCE]
    return [(repository, action) for repository, action in asked if action != PUSH or repository.team in teams]


def judge(policy: AccessPolicy, caller: Caller, asked: Sequence[tuple[Repository, str]]) -> Grants:
    """Grant each pair that the policy allows `caller`; keep the reason of each refusal for whoever is refused.

    Raises `Unavailable` if a directory does not answer.
    """
    allowed, refused = set(), {}
    for repository, action in without_too_many_teams(asked):
        try:
            (policy.check_push if action == PUSH else policy.check_pull)(caller, repository)
            allowed.add((repository.name, action))
        except Denied as refusal:
            refused[repository.name, action] = refusal.message
        except Unauthorized:  # anonymous: not granted, so the request is answered with a challenge
            continue
    return Grants(frozenset(allowed), refused)
