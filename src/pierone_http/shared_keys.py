"""What replicas that share a database tell each other of the keys with which they sign tokens.

Without `PIERONE_TOKEN_KEY_FILES` they share a key itself, which lies in the database. With it, each brings its own
files, and those of all must fit: a token that one replica signs is shown to the others. So the database keeps which key
came after which, and a replica that signs with a new key while it knows none of those before it says so.
"""

import logging
from collections.abc import Callable, Sequence

Share = Callable[[str, str], str]

KEY = "token-signing-key"
_HISTORY = "token-key"
_STRANGER = "stranger"
_LOG = logging.getLogger(__name__)


def announce(share: Share, kids: Sequence[str]) -> bool:
    """Note which key this replica signs with, the first of `kids`; whether it fits those before it.

    `share` is that of `Metadata`. A key that was brought in beside one of those before it fits for ever, also alone: so
    keys are rotated. One that was not is a stranger whenever it comes alone, and an older one to the next.
    """
    first, knows_older, number = kids[0], False, 0
    while True:
        fits = number == 0 or knows_older
        kept = share(f"{_HISTORY}-{number}", first if fits else f"{first} {_STRANGER}")
        kid, _, stranger = kept.partition(" ")
        if kid == first:
            return fits or not stranger
        knows_older = knows_older or kid in kids
        number += 1


def warn_unless_fitting(share: Share, kids: Sequence[str]) -> None:
    """Say so if other replicas may not take the tokens of this one, nor this one theirs."""
    if not announce(share, kids):
        _LOG.warning(
            "this replica signs tokens with key %s, and has none of the keys that replicas of this database signed "
            "with before: give all of them the same PIERONE_TOKEN_KEY_FILES, to rotate with the new file before the "
            "old one; until then they refuse each other's tokens and uploads under way",
            kids[0],
        )
