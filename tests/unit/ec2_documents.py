"""Instance identity documents as EC2 signs them, and as somebody else might: DER and BER written by hand."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pierone_adapters.aws import InstanceIdentity
from pierone_core.caller import INSTANCES, Caller, Password
from pierone_core.errors import Unauthorized

ACCOUNT = "123456789012"
INSTANCE = "i-0123456789abcdef0"
USER = "instance-identity-document"
RIGHT = Caller(f"{INSTANCE}/{ACCOUNT}", realm=INSTANCES)

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
SHA_1 = "1.3.14.3.2.26"
SHA_256 = "2.16.840.1.101.3.4.2.1"
SHA_256_WITH_RSA = "1.2.840.113549.1.1.11"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"

_INTEGER, _OCTETS, _NULL, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
_CONSTRUCTED_OCTETS, _EXPLICIT_0 = 0x24, 0xA0


@cache
def key_of(name: str) -> RSAPrivateKey:
    """A key for each name: `aws` is the one that the registry trusts."""
    assert name
    return generate_private_key(65537, 2048)


def document(**facts: object) -> bytes:
    """What an instance says of itself, with some `facts` changed."""
    known = {"accountId": ACCOUNT, "instanceId": INSTANCE, "region": "eu-central-1", "kernelId": None}
    return json.dumps(known | facts, indent=2).encode()


def certificate(key: CertificateIssuerPrivateKeyTypes, issuer: RSAPrivateKey | None = None) -> x509.Certificate:
    """A certificate like those of AWS: all have one name. It has ended, because nobody is to read when it does."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Amazon Web Services LLC")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 77)
    builder = builder.not_valid_before(datetime(2015, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2016, 1, 1, tzinfo=UTC)
    )
    return builder.sign(issuer or key, SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    """The file that an operator configures."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def der(tag: int, *parts: bytes) -> bytes:
    """One element, with its length in front."""
    content = b"".join(parts)
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8 or 1)
    length = size if len(content) < 0x80 else bytes([0x80 | len(size)]) + size
    return bytes([tag]) + length + content


def endless(tag: int, *parts: bytes) -> bytes:
    """One element of indefinite length, as EC2 sends the outer ones."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def oid(dotted: str) -> bytes:
    """An object identifier."""
    first, second, *others = map(int, dotted.split("."))
    return der(_OID, *(_base_128(number) for number in (first * 40 + second, *others)))


def attribute(kind: str, *values: bytes) -> bytes:
    """A signed attribute."""
    return der(_SEQUENCE, oid(kind), der(_SET, *values))


def attributes_of(content: bytes, content_type: str = DATA) -> list[bytes]:
    """The attributes that belong to `content`."""
    return [
        attribute(CONTENT_TYPE, oid(content_type)),
        attribute(MESSAGE_DIGEST, der(_OCTETS, hashlib.sha256(content).digest())),
    ]


def signer(key: RSAPrivateKey, attributes: Sequence[bytes], digest_algorithm: str = SHA_256) -> bytes:
    """What one signer adds: a name (any), the attributes, and a signature over them."""
    signed = b"".join(sorted(attributes))
    return der(
        _SEQUENCE,
        der(_INTEGER, b"\1"),
        der(_SEQUENCE, der(_SEQUENCE), der(_INTEGER, b"\x4d")),
        _algorithm(digest_algorithm),
        der(_EXPLICIT_0, signed),
        _algorithm(SHA_256_WITH_RSA),
        der(_OCTETS, key.sign(der(_SET, signed), PKCS1v15(), SHA256())),
    )


def message(content: bytes, *signers: bytes, content_type: str = DATA, kind: str = SIGNED_DATA) -> bytes:
    """The whole of it, byte for byte as EC2 would lay it out."""
    inner = endless(_CONSTRUCTED_OCTETS, der(_OCTETS, content))
    signed_data = endless(
        _SEQUENCE,
        der(_INTEGER, b"\1"),
        der(_SET, _algorithm(SHA_256)),
        endless(_SEQUENCE, oid(content_type), endless(_EXPLICIT_0, inner)),
        der(_SET, *signers),
    )
    return endless(_SEQUENCE, oid(kind), endless(_EXPLICIT_0, signed_data))


def genuine(content: bytes | None = None, by: str = "aws") -> bytes:
    """A document that AWS signed, or somebody who does it just so."""
    content = document() if content is None else content
    return message(content, signer(key_of(by), attributes_of(content)))


def authenticate(signed: bytes, trusted: str = "aws", accounts: Sequence[str] = (ACCOUNT,)) -> Caller:
    """The caller for a registry that trusts that key and these accounts."""
    identity = InstanceIdentity(accounts, pem(certificate(key_of(trusted))))
    return identity.authenticate(Password(USER, base64.encodebytes(signed).decode()))


def refusal(signed: bytes, trusted: str = "aws") -> str:
    """What is said to who shows `signed`."""
    with pytest.raises(Unauthorized) as raised:
        authenticate(signed, trusted)
    return raised.value.message


def _algorithm(dotted: str) -> bytes:
    return der(_SEQUENCE, oid(dotted), der(_NULL))


def _base_128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
