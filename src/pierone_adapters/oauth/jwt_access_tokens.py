"""JWT access tokens (RFC 9068), verified here with the issuer's public keys.

What a token says about keys (`jwk`, `jku`, `x5u`, `x5c`) is not read; its `kid` is looked up among the issuer's keys
and used for nothing else. The algorithm must be the one that the key is for.
"""

import base64
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jose import jws
from jose.exceptions import JOSEError

from pierone_adapters.oauth.claims import INVALID, ClaimNames, check_audience, check_times
from pierone_adapters.oauth.issuer_keys import IssuerKeys
from pierone_adapters.web import check_token, parse_json
from pierone_core.caller import BearerToken, Caller
from pierone_core.errors import Unauthorized

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_COMPACT_PARTS = 3
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/_-]")
# Extensions that a reader must understand or refuse (RFC 7515 section 4.1.11, RFC 7797 section 3).
_EXTENSIONS = ("crit", "b64")


@dataclass(frozen=True)
class JwtAccessTokens:
    """Callers by signed tokens of one issuer that are meant for `audience`.

    `types`: values of the header `typ` that are taken. RFC 9068 wants at+jwt, which tells access tokens from others
    that an issuer signs; many issuers (Keycloak as it comes, Entra) write JWT or nothing, which counts as JWT.
    """

    issuer: str
    audience: str
    keys: IssuerKeys
    names: ClaimNames = field(default_factory=ClaimNames)
    types: Collection[str] = ("at+jwt",)

    def is_issued(self, token: str) -> bool:
        """Whether `token` claims to be one of the issuer's (nothing is verified); raises `Unauthorized` if too long.

        Whatever another source might take for such a token is one, however it is written: it could be one for another
        audience, with something appended that a lenient reader passes over.
        """
        parts = check_token(token).split(".", 3)
        return len(parts) >= _COMPACT_PARTS and _read_leniently(parts[1]).get("iss") == self.issuer

    def authenticate(self, credentials: BearerToken) -> Caller:
        """The caller behind a token; raises `Unauthorized`, or `Unavailable` if the issuer's keys are not known."""
        try:
            claims = self._verified(check_token(credentials.secret))
        except (JOSEError, ValueError) as error:
            raise Unauthorized(INVALID) from error
        try:
            self._check(claims)
            return self.names.caller(claims, credentials)
        except ValueError as error:
            raise Unauthorized(f"the access token cannot be used here: {error}") from error

    def _verified(self, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature is right; raises `Unauthorized`, `ValueError` or `JOSEError`."""
        if not _COMPACT.fullmatch(token):
            raise Unauthorized(INVALID)
        kid, algorithm = self._read_header(_part(token, 0))
        jws.verify(token, self.keys.find(kid, algorithm), algorithms=[algorithm])
        return _part(token, 1)

    def _read_header(self, header: Mapping[str, object]) -> tuple[str, str]:
        """Key id and algorithm."""
        kid, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(kid, str) or not isinstance(algorithm, str) or any(name in header for name in _EXTENSIONS):
            raise Unauthorized(INVALID)
        kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
        if kind not in (allowed.lower() for allowed in self.types):
            raise Unauthorized(f"the token is of type {kind[:20]}; this registry takes {', '.join(self.types)}")
        return kid, algorithm

    def _check(self, claims: Mapping[str, object]) -> None:
        if claims.get("iss") != self.issuer or claims.get("exp") is None:
            raise Unauthorized(INVALID)
        check_times(claims)
        check_audience(claims, self.audience)


def _read_leniently(part: str) -> Mapping[str, object]:
    """The claims that the most lenient reader of Base64 finds in a part of a token, empty if it finds none."""
    text = _NO_BASE64.sub("", part)
    whole = text[:-1] if len(text) % 4 == 1 else text
    try:
        return _part(f".{whole}", 1)
    except ValueError:
        return {}


def _part(token: str, number: int) -> Mapping[str, object]:
    """One of the JSON objects of a token; raises `ValueError`."""
    text = token.split(".")[number]
    value = parse_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")
