"""Who is calling, what a caller shows to prove it, and what an issued token lets a caller do."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime

EMPLOYEES = "employees"
SERVICES = "services"
# AWS instances that prove their identity: they may read, nothing else.
INSTANCES = "instances"
ANONYMOUS = "anonymous"

# Whoever sends this user name sends an OAuth token as the password; it is what `docker login` stores.
TOKEN_USER = "oauth2"  # noqa: S105 - a user name

PULL = "pull"
PUSH = "push"


@dataclass(frozen=True, slots=True)
class Grants:
    """What a token of our own allows: (repository name, action) pairs, and why others were refused.

    A pair that stands in neither was not asked for when the token was issued.
    """

    allowed: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom an identity source vouches for.

    `realm` says which rules apply (without slashes); `teams` are those that the identity source itself knows;
    `token` is what the caller showed, for services that ask about the caller in the caller's own name;
    `expires_at`: when the identity ends (None: unknown). `unrestricted` is only for registries without identity
    (open mode) and for embedders.
    """

    name: str
    _: KW_ONLY
    realm: str = EMPLOYEES
    scopes: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    grants: Grants | None = None
    unrestricted: bool = False


NOBODY = Caller("anonymous", realm=ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Password:
    """A user name with a password (RFC 7617)."""

    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An opaque or signed access token (RFC 6750)."""

    secret: str = field(repr=False)


Credentials = Password | BearerToken
