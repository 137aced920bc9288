"""Signing keys: P-256, in PEM files; the key id is the thumbprint (RFC 7638)."""

import base64
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jose import jwk
from jose.backends.base import Key

ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """A key pair: `private` signs, `public` verifies, `jwk` is the public key as published (RFC 7517)."""

    kid: str
    private: Key = field(repr=False)
    public: Key = field(repr=False)
    jwk: dict[str, str]
    secret: bytes = field(repr=False)


def new_key() -> SigningKey:
    """A key that lives as long as this process."""
    return _signing_key(generate_private_key(SECP256R1()))


def read_key(path: Path) -> SigningKey:
    """The P-256 key in a PEM file; raises `ValueError` for anything else, or `OSError`."""
    return parse_key(path.read_bytes(), str(path))


def parse_key(pem: bytes, origin: str) -> SigningKey:
    """The P-256 key in a PEM text that came from `origin`; raises `ValueError` for anything else."""
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{origin} has no private key that can be read: {error}") from error
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return _signing_key(key)
    raise ValueError(f"{origin} is not a P-256 private key; make one: openssl ecparam -genkey -name prime256v1 -noout")


def new_pem() -> bytes:
    """The PEM text of a fresh key."""
    return _private_pem(generate_private_key(SECP256R1()))


def kept_key(path: Path) -> SigningKey:
    """The key in `path`, made there (readable by its owner alone) if there is none; processes may race for it."""
    if not path.exists():
        draft = _write_draft(path.parent, new_pem())
        with suppress(FileExistsError):  # another process was faster: its key is the one
            path.hardlink_to(draft)
        draft.unlink()
    return read_key(path)


def _write_draft(directory: Path, content: bytes) -> Path:
    # Readable by its owner alone, and of a name of its own: in containers all servers have the same process id.
    with NamedTemporaryFile(dir=directory, prefix="token-key.", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name)


def _signing_key(private: EllipticCurvePrivateKey) -> SigningKey:
    public_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public = jwk.construct(public_pem.decode(), ALGORITHM)
    published = {name: _text(value) for name, value in public.to_dict().items() if name in ("kty", "crv", "x", "y")}
    kid = _thumbprint(published)
    pem = _private_pem(private)
    return SigningKey(
        kid=kid,
        private=jwk.construct(pem.decode(), ALGORITHM),
        public=public,
        jwk=published | {"kid": kid, "use": "sig", "alg": ALGORITHM},
        secret=hashlib.sha256(pem).digest(),
    )


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _thumbprint(public: dict[str, str]) -> str:
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
