"""Keys of an issuer that tests make up, and tokens signed with them in ways that no library offers."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jose import jwk

ISSUER, AUDIENCE = "https://issuer.example", "urn:pierone"
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}


@dataclass(frozen=True)
class IssuerKey:
    """A key pair for one algorithm."""

    kid: str
    algorithm: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def public(self) -> dict[str, str]:
        """The JWK that the issuer publishes."""
        pem = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        facts = jwk.construct(pem.decode(), self.algorithm).to_dict()
        texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in facts.items()}
        return texts | {"kid": self.kid, "use": "sig", "alg": self.algorithm}

    def encoded(self, encoding: Encoding) -> bytes:
        """The public key as PEM or DER."""
        return self.private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes, algorithm: str) -> bytes:
        """A signature, also by another algorithm of the same kind of key."""
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signature: bytes = jwk.construct(pem.decode(), algorithm).sign(data)
        return signature

    def token(self, claims: Mapping[str, object] | None = None, **header: object) -> str:
        """A good token, apart from what is given; a header or claim of None is left out."""
        fields = self._header(header)
        signed = signing_input(fields, good_claims() | dict(claims or {}))
        return with_signature(signed, self.sign(signed.encode(), str(fields.get("alg", self.algorithm))))

    def hmac_token(self, secret: bytes) -> str:
        """A token signed with a secret that is none: something of the public key."""
        signed = signing_input(self._header({"alg": "HS256"}), good_claims())
        return with_signature(signed, hmac.digest(secret, signed.encode(), hashlib.sha256))

    def unsigned_token(self, algorithm: str) -> str:
        """A token whose signature is one byte of nothing."""
        return with_signature(signing_input(self._header({"alg": algorithm}), good_claims()), b"\0")

    def _header(self, changes: Mapping[str, object]) -> dict[str, object]:
        return {"alg": self.algorithm, "typ": "at+jwt", "kid": self.kid} | dict(changes)


def rsa_key(kid: str, algorithm: str = "RS256") -> IssuerKey:
    """A new RSA key."""
    return IssuerKey(kid, algorithm, rsa.generate_private_key(65537, 2048))


def ec_key(kid: str, algorithm: str = "ES256") -> IssuerKey:
    """A new elliptic-curve key."""
    return IssuerKey(kid, algorithm, ec.generate_private_key(CURVES[algorithm]))


def good_claims() -> dict[str, object]:
    """What an issuer says of a person."""
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "client_id": "console", "iat": now, "exp": now + 300}


def signing_input(header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """What is signed."""
    return ".".join(_encoded({k: v for k, v in part.items() if v is not None}) for part in (header, claims))


def with_signature(signed: str, signature: bytes) -> str:
    """The whole token."""
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _encoded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
