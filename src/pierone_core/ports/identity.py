"""Who is calling, who belongs to which team, and tokens of our own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from pierone_core.caller import Caller, Credentials, Grants


class Identity(Protocol):
    """Who is calling."""

    @property
    def nobody(self) -> Caller:
        """Who calls without credentials."""

    def authenticate(self, credentials: Credentials) -> Caller:
        """The caller behind `credentials`; raises `Unauthorized`, or `Unavailable` if its source does not answer."""


class TeamDirectory(Protocol):
    """Who is in which team."""

    def has_member(self, team: str, caller: Caller) -> bool:
        """Whether `caller` is a member of `team`.

        Raises `Denied` if that may not be asked in the caller's name, `Unavailable` if there is no answer.
        """


@dataclass(frozen=True, slots=True)
class Application:
    """An application of Kio: the team that owns it, and whether it is active."""

    team: str
    active: bool


class ApplicationDirectory(Protocol):
    """Which application a service user is, and whose."""

    def application_of(self, caller: Caller) -> Application | None:
        """The application of a service user, None if there is none.

        Raises `Denied` if that cannot be asked about such a caller, `Unavailable` if there is no answer.
        """


class TokenIssuer(Protocol):
    """Tokens of our own, which say what their bearer may do."""

    def lifetime_for(self, caller: Caller) -> timedelta:
        """How long a token for `caller` is good: to the identity's end, a minute at the least (Docker's token spec).

        Raises `Unauthorized` after that end.
        """

    def issue(self, caller: Caller, grants: Grants) -> str:
        """A token for `caller` that allows `grants` for as long as `lifetime_for` says; raises as that."""

    def is_issued(self, token: str) -> bool:
        """Whether `token` claims to be one of ours (nothing is verified)."""

    def read(self, token: str) -> Caller:
        """The caller and the grants of a token; raises `Unauthorized` if it is not ours or has expired."""

    def published(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, for whoever wants to verify our tokens (RFC 7517)."""
