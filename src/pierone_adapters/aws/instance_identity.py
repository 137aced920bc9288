"""Instance identity documents of EC2 as credentials: who runs in a known account may read.

A document is believed if one of the configured keys signed it. There is no chain of certificates and no other way to
be trusted; why, and why RSA only, is in `docs/adr/0007-instance-identity.md`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Collection
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificates

from pierone_adapters.aws import pkcs7
from pierone_adapters.aws.pkcs7 import Pkcs7Invalid, SignedData
from pierone_core.caller import INSTANCES, Caller, Password
from pierone_core.errors import Unauthorized

# A document has about 500 bytes, 1,500 when it is signed and in base64.
_MAX_CHARACTERS = 8 << 10
_MIN_KEY_BITS = 2048
_ACCOUNT = re.compile(r"[0-9]{12}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class InstanceIdentity:
    """EC2 instances of known accounts, as callers who may pull."""

    def __init__(self, accounts: Collection[str], certificates: bytes) -> None:
        """`accounts`: their 12 digits; `certificates`: AWS's for RSA-2048 signatures, one for each region, as PEM.

        Raises `ValueError` if one of these is empty or of another kind.
        """
        wrong = [account for account in accounts if not _ACCOUNT.fullmatch(account)]
        if wrong or not accounts:
            raise ValueError(f"AWS account ids have 12 digits, and at least one is needed: {wrong}")
        self._accounts = frozenset(accounts)
        self._keys = [_key(certificate) for certificate in load_pem_x509_certificates(certificates)]

    def authenticate(self, credentials: Password) -> Caller:
        """The instance whose signed document is the password; raises `Unauthorized`."""
        try:
            signed = SignedData.parse(_decode(credentials.secret))
            self._check_signature(signed)
            account, instance = _read(signed.content)
        except (Pkcs7Invalid, ValueError) as error:
            raise Unauthorized(f"the instance identity document is not valid here: {error}") from error
        if account not in self._accounts:
            raise Unauthorized(f"instances of AWS account {account} have no access to this registry")
        return Caller(f"{instance}/{account}", realm=INSTANCES)

    def _check_signature(self, data: SignedData) -> None:
        if data.digest_algorithm != pkcs7.SHA256:
            raise Pkcs7Invalid("only RSA with SHA-256 is accepted; send what .../instance-identity/rsa2048 returns")
        if not any(_is_signed_by(key, data) for key in self._keys):
            raise Pkcs7Invalid("none of the certificates that this registry trusts belongs to the signature")
        if {data.content_type, data.signed_content_type} != {pkcs7.DATA}:
            raise Pkcs7Invalid("what was signed is not a document")
        if data.signed_digest != hashlib.sha256(data.content).digest():
            raise Pkcs7Invalid("the document was changed after it was signed")


def _key(certificate: Certificate) -> RSAPublicKey:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size >= _MIN_KEY_BITS:
        return key
    raise ValueError(
        f"AWS certificate {certificate.serial_number:x} is not for RSA-2048 signatures: take those that AWS publishes "
        "under that name"
    )


def _decode(text: str) -> bytes:
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"it has more than {_MAX_CHARACTERS} characters")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise ValueError("it is not base64") from error


def _is_signed_by(key: RSAPublicKey, data: SignedData) -> bool:
    try:
        key.verify(data.signature, data.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _read(document: bytes) -> tuple[str, str]:
    """Account and instance; raises `ValueError`."""
    facts = json.loads(document.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    match facts:
        case {"accountId": str(account), "instanceId": str(instance)}:
            if _ACCOUNT.fullmatch(account) and _INSTANCE.fullmatch(instance):
                return account, instance
    raise ValueError("it does not name an account and an instance")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("it says something twice")
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
