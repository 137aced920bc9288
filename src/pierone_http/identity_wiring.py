"""The composition root's part for identity: from settings to sources and directories.

What talks to other services is imported when it is configured: HTTP with TLS takes a tenth of a second to load, which
a registry with a users file has no use for.
"""

# ruff: noqa: PLC0415 - see above

from typing import TYPE_CHECKING

from pierone_adapters.cache import CachedApplications, CachedTeams
from pierone_adapters.identity import IdentityChain, StaticUsers, TeamFile
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.ports import ApplicationDirectory, TeamDirectory
from pierone_http.identity_settings import IdentitySettings
from pierone_http.setting_names import blamed
from pierone_http.settings import Settings

if TYPE_CHECKING:
    from pierone_adapters.aws import InstanceIdentity
    from pierone_adapters.oauth import ClaimNames, Introspection, JwtAccessTokens, Tokeninfo
    from pierone_adapters.web import WebSource

_USERS_ADVICE = (
    'name a file like {"alice": {"password": "$2b$...", "teams": ["myteam"]}}; '
    "`pierone-server hash-password` makes the hashes"
)


def identity(settings: Settings) -> IdentityChain:
    """Whoever the settings let vouch for callers."""
    return IdentityChain(
        users=_static_users(settings),
        instances=_instances(settings),
        issuer=_jwt_access_tokens(settings),
        tokens=[source for source in (_introspection(settings), _tokeninfo(settings)) if source],
    )


def teams(settings: IdentitySettings) -> TeamDirectory:
    """Where membership is known, apart from what callers bring along."""
    if settings.teams_file:
        return TeamFile.read(settings.teams_file)
    if not settings.team_service_url:
        return NoTeams()
    from pierone_adapters.stups import TeamService

    source = _source("the team service", settings)
    return CachedTeams(TeamService(source, settings.team_service_url, settings.team_service_api))


def applications(settings: IdentitySettings) -> ApplicationDirectory:
    """Where applications are known."""
    if not settings.kio_url:
        return NoApplications()
    from pierone_adapters.stups import Kio

    return CachedApplications(Kio(_source("Kio", settings), settings.kio_url, settings.service_user_prefix))


def _static_users(settings: Settings) -> StaticUsers | None:
    if not settings.users_file:
        return None
    with blamed("users_file", _USERS_ADVICE):
        return StaticUsers.read(settings.users_file)


def _instances(settings: IdentitySettings) -> "InstanceIdentity | None":
    if not settings.aws_certificates_file:
        return None
    from pierone_adapters.aws import InstanceIdentity

    return InstanceIdentity(settings.aws_accounts, settings.aws_certificates_file.read_bytes())


def _jwt_access_tokens(settings: IdentitySettings) -> "JwtAccessTokens | None":
    if not (settings.jwt_issuer and settings.jwt_jwks_url and settings.jwt_audience):
        return None
    from pierone_adapters.oauth import IssuerKeys, JwtAccessTokens

    keys = IssuerKeys(_source("the issuer's key set", settings), settings.jwt_jwks_url, settings.jwt_algorithms)
    names = _claim_names(settings)
    return JwtAccessTokens(settings.jwt_issuer, settings.jwt_audience, keys, names, settings.jwt_types)


def _introspection(settings: IdentitySettings) -> "Introspection | None":
    url, client, secret = (
        settings.introspection_url,
        settings.introspection_client_id,
        settings.introspection_client_secret,
    )
    if not (url and client and secret):
        return None
    from pierone_adapters.oauth import Introspection

    source, names = _source("token introspection", settings), _claim_names(settings)
    return Introspection(source, url, (client, secret.get_secret_value()), names, settings.introspection_audience)


def _tokeninfo(settings: IdentitySettings) -> "Tokeninfo | None":
    if not settings.tokeninfo_url:
        return None
    from pierone_adapters.oauth import Tokeninfo

    return Tokeninfo(_source("tokeninfo", settings), settings.tokeninfo_url, _claim_names(settings))


def _claim_names(settings: IdentitySettings) -> "ClaimNames":
    from pierone_adapters.oauth import ClaimNames

    return ClaimNames(settings.user_claims, settings.realm_claim, settings.teams_claim, settings.teams_claim_prefix)


def _source(name: str, settings: IdentitySettings) -> "WebSource":
    from pierone_adapters.web import WebSource

    return WebSource(name, connect_timeout=settings.source_connect_timeout, read_timeout=settings.source_read_timeout)
