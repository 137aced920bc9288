"""Keys of an issuer and of somebody else, and what tokens signed with them get."""

import pytest
from tests.integration.identity.signing import IssuerKey, ec_key, rsa_key

from pierone_adapters.oauth import JwtAccessTokens
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized

RSA, EC, OTHER = rsa_key("rsa key"), ec_key("ec key"), ec_key("other key")
# A key that has the same id as one of the issuer's, and is somebody else's.
FOREIGN = IssuerKey("ec key", "ES256", OTHER.private)
ALGORITHMS = ("RS256", "RS512", "ES256", "ES384")


def authenticate(tokens: JwtAccessTokens, token: str) -> Caller:
    """Who shows `token`."""
    return tokens.authenticate(BearerToken(token))


def check_refused(tokens: JwtAccessTokens, token: str) -> None:
    """`token` lets nobody in, and nothing of it is repeated."""
    with pytest.raises(Unauthorized) as refusal:
        authenticate(tokens, token)
    assert not [part for part in token.split(".") if len(part) > 20 and part in str(refusal.value)]
