"""Access tokens: introspected (RFC 7662), asked for at STUPS tokeninfo, or verified here as JWTs (RFC 9068)."""

from pierone_adapters.oauth.claims import ClaimNames
from pierone_adapters.oauth.introspection import Introspection
from pierone_adapters.oauth.issuer_keys import IssuerKeys
from pierone_adapters.oauth.jwt_access_tokens import JwtAccessTokens
from pierone_adapters.oauth.tokeninfo import Tokeninfo

__all__ = ["ClaimNames", "Introspection", "IssuerKeys", "JwtAccessTokens", "Tokeninfo"]
