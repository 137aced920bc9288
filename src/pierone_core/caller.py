"""Who is calling, and what a caller shows to prove it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom an identity source vouches for.

    `unrestricted` is only for registries without identity (open mode) and for embedders.
    """

    name: str
    teams: frozenset[str] = frozenset()
    unrestricted: bool = False


@dataclass(frozen=True, slots=True)
class Password:
    """A user name with a password (RFC 7617)."""

    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An opaque or signed access token (RFC 6750)."""

    secret: str = field(repr=False)


Credentials = Password | BearerToken | None
