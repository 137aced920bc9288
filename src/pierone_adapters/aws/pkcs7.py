"""PKCS #7 signed data (RFC 5652, sections 5 and 11), as narrow as EC2's metadata service writes it.

That is: one signer, the content inside, signed attributes. Nothing is verified here. The certificates that a message
may carry and the signer that it names are skipped unread, so that no rule can ever depend on them. The encoding is
BER, because EC2 sends indefinite lengths.
"""

from dataclasses import dataclass
from typing import Any, Self

from pyasn1.codec.ber.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.type.namedtype import NamedType, NamedTypes, OptionalNamedType
from pyasn1.type.tag import Tag, tagClassContext, tagFormatConstructed
from pyasn1.type.univ import Any as AnyType
from pyasn1.type.univ import Integer, ObjectIdentifier, OctetString, Sequence, SetOf

SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
SHA256 = "2.16.840.1.101.3.4.2.1"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"

# A schema or a value of one: what it holds is known to pyasn1, not to Python's types.
Asn1 = Any


class Pkcs7Invalid(Exception):
    """The bytes are no message of the kind that is read here; the text says why."""


@dataclass(frozen=True, slots=True)
class SignedData:
    """What a message says: `signed` are the bytes under the signature; they name the type and digest of `content`."""

    content_type: str
    content: bytes
    digest_algorithm: str
    signed: bytes
    signed_content_type: str
    signed_digest: bytes
    signature: bytes

    @classmethod
    def parse(cls, message: bytes) -> Self:
        """Raise `Pkcs7Invalid` unless `message` is signed data with one signer, a content and signed attributes."""
        outer = _decode(message, _CONTENT_INFO)
        if str(outer["contentType"]) != SIGNED_DATA:
            raise Pkcs7Invalid("it is not signed data")
        content, signers = outer["content"]["encapContentInfo"], outer["content"]["signerInfos"]
        if len(signers) != 1:
            raise Pkcs7Invalid("it does not have exactly one signer")
        if not content["eContent"].isValue or not signers[0]["signedAttrs"].isValue:
            raise Pkcs7Invalid("it lacks a content or signed attributes")
        return cls._of(content, signers[0])

    @classmethod
    def _of(cls, content: Asn1, signer: Asn1) -> Self:
        attributes = SetOf(componentType=_ATTRIBUTE)  # section 5.4: signed as a SET OF, not under its implicit tag
        attributes.extend(signer["signedAttrs"])
        return cls(
            content_type=str(content["eContentType"]),
            content=bytes(content["eContent"]),
            digest_algorithm=str(signer["digestAlgorithm"]["algorithm"]),
            signed=encode(attributes),
            signed_content_type=str(_attribute(attributes, _CONTENT_TYPE, ObjectIdentifier())),
            signed_digest=bytes(_attribute(attributes, _MESSAGE_DIGEST, OctetString())),
            signature=bytes(signer["signature"]),
        )


def _attribute(attributes: Asn1, kind: str, schema: Asn1) -> Asn1:
    """The only value of that kind: of two, two readers might choose different ones."""
    values = [value for attribute in attributes if str(attribute["type"]) == kind for value in attribute["values"]]
    if len(values) != 1:
        raise Pkcs7Invalid(f"it does not have exactly one signed attribute {kind}")
    return _decode(bytes(values[0]), schema)


def _decode(encoded: bytes, schema: Asn1) -> Asn1:
    try:
        value, rest = decode(encoded, asn1Spec=schema)
    except Exception as error:  # pyasn1 meets hostile bytes with IndexError, AttributeError and others of Python's, too
        raise Pkcs7Invalid("it is not a PKCS #7 message") from error
    if rest:
        raise Pkcs7Invalid("something follows it")
    return value


def _tag(number: int) -> Tag:
    return Tag(tagClassContext, tagFormatConstructed, number)


def _explicit(number: int, schema: Asn1) -> Asn1:
    return schema.subtype(explicitTag=_tag(number))


def _implicit(number: int, schema: Asn1) -> Asn1:
    return schema.subtype(implicitTag=_tag(number))


_ALGORITHM_IDENTIFIER = Sequence(
    componentType=NamedTypes(
        NamedType("algorithm", ObjectIdentifier()),
        OptionalNamedType("parameters", AnyType()),
    )
)
_ENCAPSULATED_CONTENT_INFO = Sequence(
    componentType=NamedTypes(
        NamedType("eContentType", ObjectIdentifier()),
        OptionalNamedType("eContent", _explicit(0, OctetString())),
    )
)
_ATTRIBUTE = Sequence(
    componentType=NamedTypes(
        NamedType("type", ObjectIdentifier()),
        NamedType("values", SetOf(componentType=AnyType())),
    )
)
_SIGNER_INFO = Sequence(
    componentType=NamedTypes(
        NamedType("version", Integer()),
        NamedType("sid", AnyType()),
        NamedType("digestAlgorithm", _ALGORITHM_IDENTIFIER),
        OptionalNamedType("signedAttrs", _implicit(0, SetOf(componentType=_ATTRIBUTE))),
        NamedType("signatureAlgorithm", _ALGORITHM_IDENTIFIER),
        NamedType("signature", OctetString()),
        OptionalNamedType("unsignedAttrs", _implicit(1, SetOf(componentType=AnyType()))),
    )
)
_SIGNED_DATA = Sequence(
    componentType=NamedTypes(
        NamedType("version", Integer()),
        NamedType("digestAlgorithms", SetOf(componentType=_ALGORITHM_IDENTIFIER)),
        NamedType("encapContentInfo", _ENCAPSULATED_CONTENT_INFO),
        OptionalNamedType("certificates", _implicit(0, SetOf(componentType=AnyType()))),
        OptionalNamedType("crls", _implicit(1, SetOf(componentType=AnyType()))),
        NamedType("signerInfos", SetOf(componentType=_SIGNER_INFO)),
    )
)
_CONTENT_INFO = Sequence(
    componentType=NamedTypes(
        NamedType("contentType", ObjectIdentifier()),
        NamedType("content", _explicit(0, _SIGNED_DATA)),
    )
)
