"""The settings that say who is calling, and who belongs to which team."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

# What can verify a signature here; HMAC would make the issuer's public key a password.
_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")


# Names as DNS has them (RFC 1123, and the underscore that many use), IPv4 among them; other letters as xn--...
_HOST = re.compile(
    r"(?=.{1,253}$)LABEL(\.LABEL)*\.?".replace("LABEL", r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
)
_NO_URL = "this is not an http or https URL of a host that there can be"
_NO_TEXT = re.compile(r"[^\x21-\x7e]")


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError as error:  # a port that is no number, brackets around no address
        raise ValueError(_NO_URL) from error
    if not is_usable or parts.fragment or _NO_TEXT.search(url):
        raise ValueError(_NO_URL)
    if parts.username is not None:
        raise ValueError("user and password cannot stand in the URL, where logs would show them")
    return url


def _is_host(name: str) -> bool:
    """Whether there can be such a host; `urlsplit` looks into brackets only."""
    try:
        return ipaddress.ip_address(name.partition("%")[0]).version > 0
    except ValueError:
        return bool(_HOST.fullmatch(name))


def _check_algorithms(algorithms: list[str]) -> list[str]:
    if algorithms and set(algorithms) <= set(_ALGORITHMS):
        return algorithms
    raise ValueError(f"this must be a list of some of {', '.join(_ALGORITHMS)}")


# What says who may do what, or how callers are read: senseless without a source of identity. Not `trusted_proxies`: in
# front of an open registry may stand a proxy that knows its users.
ACCESS_RULES = (
    "public_read",
    "challenge",
    "teams_file",
    "teams_claim",
    "teams_claim_prefix",
    "user_claims",
    "realm_claim",
    "introspection_audience",
    "service_user_prefix",
)
Url = Annotated[str, AfterValidator(_check_url)]
Text = Annotated[str, Field(min_length=1)]


class IdentitySettings(BaseModel):
    """Sources of identity, and directories."""

    tokeninfo_url: Url | None = Field(
        default=None, description="STUPS tokeninfo endpoint; access tokens are sent to it in the Authorization header"
    )
    introspection_url: Url | None = Field(default=None, description="token introspection endpoint (RFC 7662)")
    introspection_client_id: Text | None = Field(
        default=None, description="client id of the registry at the introspection endpoint"
    )
    introspection_client_secret: SecretStr | None = Field(
        default=None, min_length=1, description="its secret; set it in the environment, where `ps` does not show it"
    )
    introspection_audience: Text | None = Field(
        default=None, description="what `aud` of an introspected token must contain; without it anything is taken"
    )
    jwt_issuer: Text | None = Field(
        default=None, description="issuer (`iss`) of JWT access tokens (RFC 9068), exactly as they spell it"
    )
    jwt_jwks_url: Url | None = Field(default=None, description="where that issuer publishes its keys (RFC 7517)")
    jwt_audience: Text | None = Field(
        default=None, description="what `aud` of a JWT must contain: the name of this registry at the issuer"
    )
    jwt_algorithms: Annotated[list[str], AfterValidator(_check_algorithms)] = Field(
        default=["RS256", "ES256"],
        description="JSON list of signature algorithms that are taken: RS256 to RS512, ES256 to ES512",
    )
    jwt_types: list[str] = Field(
        default=["at+jwt"],
        min_length=1,
        description="JSON list of values of the header `typ` that are taken; many issuers, such as Keycloak as it "
        'comes, need ["JWT"]',
    )
    user_claims: list[str] = Field(
        default=["uid", "username", "sub", "client_id"],
        min_length=1,
        description="JSON list of claims; the first that a token has is the caller's name",
    )
    realm_claim: Text = Field(
        default="realm",
        description="claim with the caller's realm, employees or services; without it a client that acts for itself "
        "is a service, everybody else an employee",
    )
    teams_claim: Text | None = Field(
        default=None,
        description="claim with the caller's teams, for instance `groups`; without it tokens name no teams",
    )
    teams_claim_prefix: str = Field(
        default="", description="what such a name must begin with to count; a team's name is what follows it"
    )
    teams_file: Path | None = Field(
        default=None, description='JSON file of teams and the names of their members: {"myteam": ["alice"]}'
    )
    team_service_url: Url | None = Field(
        default=None, description="STUPS team service, asked with the caller's token who is in a team"
    )
    team_service_api: Literal["teams", "teams-by-member", "accounts", "user"] = Field(
        default="teams",
        description="what the team service understands: teams (/teams/{team}), teams-by-member (/teams?member=), "
        "accounts (/api/accounts/aws?member=) or user (/user/{uid})",
    )
    kio_url: Url | None = Field(
        default=None, description="Kio, asked with a service user's token which team its application belongs to"
    )
    service_user_prefix: str = Field(
        default="", description="what stands before the application's id in a service user's name, such as stups_"
    )
    aws_accounts: list[str] = Field(
        default=[], description="JSON list of AWS account ids whose EC2 instances may pull with their identity document"
    )
    aws_certificates_file: Path | None = Field(
        default=None, description="PEM file of AWS's certificates for RSA-2048 signatures, one for each region in use"
    )
    source_connect_timeout: float = Field(
        default=1.25, gt=0, description="seconds to wait for a connection to one of these services"
    )
    source_read_timeout: float = Field(default=2.5, gt=0, description="seconds to wait for its answer")

    @property
    def takes_tokens(self) -> bool:
        """Whether any source of identity knows access tokens."""
        return bool(self.tokeninfo_url or self.introspection_url or self.jwt_issuer)

    @model_validator(mode="after")
    def _check_groups(self) -> Self:
        self._check_together("introspection_url", "introspection_client_id", "introspection_client_secret")
        self._check_together("jwt_issuer", "jwt_jwks_url", "jwt_audience")
        if bool(self.aws_accounts) != bool(self.aws_certificates_file):
            raise ValueError("PIERONE_AWS_ACCOUNTS and PIERONE_AWS_CERTIFICATES_FILE go together: set both")
        if self.teams_file and self.team_service_url:
            raise ValueError("PIERONE_TEAMS_FILE and PIERONE_TEAM_SERVICE_URL exclude each other: set one of them")
        for name in ("team_service_url", "kio_url"):
            if getattr(self, name) and not self.takes_tokens:
                raise ValueError(
                    f"{_variable(name)} is asked with access tokens, which nothing here understands: set "
                    "PIERONE_TOKENINFO_URL, PIERONE_INTROSPECTION_URL or PIERONE_JWT_ISSUER, too"
                )
        return self

    def _check_together(self, *names: str) -> None:
        missing = [_variable(name) for name in names if getattr(self, name) is None]
        if missing and len(missing) < len(names):
            raise ValueError(f"{', '.join(map(_variable, names))} go together; missing: {', '.join(missing)}")


def _variable(name: str) -> str:
    return f"PIERONE_{name.upper()}"
