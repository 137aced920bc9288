"""Signatures of EC2 instance identity documents: which are believed. What is refused here, somebody else would believe.

A forgery is shown to be a good one by a registry that trusts the forger: only the configured key makes the difference.
"""

import base64
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from tests.unit.ec2_documents import (
    ACCOUNT,
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    RIGHT,
    SHA_1,
    SIGNED_DATA,
    USER,
    attribute,
    attributes_of,
    authenticate,
    certificate,
    der,
    document,
    genuine,
    key_of,
    message,
    oid,
    refusal,
    signer,
)

from pierone_core.caller import Password
from pierone_core.errors import Unauthorized

OTHER_ACCOUNT = "999999999999"
OCTETS = 0x04


def in_standard_form(by: str, options: Sequence[PKCS7Options] = (), **facts: object) -> bytes:
    """As a mail program would sign it: DER, and the signer's certificate comes along."""
    builder = PKCS7SignatureBuilder().set_data(document(**facts))
    builder = builder.add_signer(certificate(key_of(by)), key_of(by), SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])


def test_a_document_as_ec2_signs_it_names_the_instance_and_its_account() -> None:
    assert authenticate(genuine()) == RIGHT


def test_the_certificate_that_a_genuine_document_carries_does_no_harm() -> None:
    assert authenticate(in_standard_form("aws")) == RIGHT


def test_a_forgery_that_brings_its_own_certificate_is_refused() -> None:
    """`openssl smime -verify` as AWS documents it accepts this one."""
    forgery = in_standard_form("forger")
    assert authenticate(forgery, trusted="forger") == RIGHT
    assert "none of the certificates" in refusal(forgery)


def test_a_forgery_that_names_the_trusted_certificate_as_its_signer_is_refused() -> None:
    """The names and the serial numbers of `certificate` are all the same."""
    forgery = in_standard_form("forger", [PKCS7Options.NoCerts])
    assert authenticate(forgery, trusted="forger") == RIGHT
    assert "none of the certificates" in refusal(forgery)


def test_a_signer_whom_the_trusted_certificate_has_issued_is_refused() -> None:
    issued = certificate(key_of("forger"), issuer=key_of("aws"))
    builder = PKCS7SignatureBuilder().set_data(document()).add_signer(issued, key_of("forger"), SHA256())
    forgery = builder.add_certificate(certificate(key_of("aws"))).sign(Encoding.DER, [PKCS7Options.Binary])
    assert authenticate(forgery, trusted="forger") == RIGHT
    assert "none of the certificates" in refusal(forgery)


def test_a_document_that_was_changed_is_refused() -> None:
    changed = genuine().replace(ACCOUNT.encode(), OTHER_ACCOUNT.encode())
    assert "changed after it was signed" in refusal(changed)


def test_a_document_that_was_changed_together_with_its_digest_is_refused() -> None:
    other = document(instanceId="i-fedcba9876543210f")
    signed = signer(key_of("aws"), attributes_of(document()))
    for old, new in zip(attributes_of(document()), attributes_of(other), strict=True):
        signed = signed.replace(old, new)
    assert "none of the certificates" in refusal(message(other, signed))


def test_no_change_of_any_byte_makes_another_caller_of_a_document() -> None:
    signed = genuine()
    for place in range(len(signed)):
        altered = bytearray(signed)
        altered[place] ^= 1 + place % 255
        try:
            assert authenticate(bytes(altered)) == RIGHT  # what nobody reads, such as the signer's name
        except Unauthorized:
            continue


def test_a_signature_without_its_document_is_refused() -> None:
    detached = in_standard_form("aws", [PKCS7Options.DetachedSignature])
    assert "lacks a content" in refusal(detached)


def test_a_signature_without_signed_attributes_is_refused() -> None:
    bare = in_standard_form("aws", [PKCS7Options.NoAttributes])
    assert "signed attributes" in refusal(bare)


def test_two_signers_are_refused_even_if_one_is_right() -> None:
    attributes = attributes_of(document())
    both = message(document(), signer(key_of("aws"), attributes), signer(key_of("forger"), attributes))
    assert "exactly one signer" in refusal(both)
    assert "exactly one signer" in refusal(both, trusted="forger")


def test_a_document_without_a_signer_is_refused() -> None:
    assert "exactly one signer" in refusal(message(document()))


@pytest.mark.parametrize("said", [DATA, SIGNED_DATA])
@pytest.mark.parametrize("signed", [DATA, SIGNED_DATA])
def test_content_of_another_type_is_refused_wherever_the_type_is_said(said: str, signed: str) -> None:
    signature = signer(key_of("aws"), attributes_of(document(), content_type=signed))
    whole = message(document(), signature, content_type=said)
    if said == signed == DATA:
        assert authenticate(whole) == RIGHT
    else:
        assert "not a document" in refusal(whole)


def test_a_message_that_is_not_signed_data_is_refused() -> None:
    signature = signer(key_of("aws"), attributes_of(document()))
    assert "not signed data" in refusal(message(document(), signature, kind=DATA))


@pytest.mark.parametrize(
    "twice",
    [attribute(CONTENT_TYPE, oid(DATA)), attribute(MESSAGE_DIGEST, der(OCTETS, b"another digest"))],
)
def test_an_attribute_that_is_there_twice_is_refused(twice: bytes) -> None:
    signature = signer(key_of("aws"), [*attributes_of(document()), twice])
    assert "exactly one signed attribute" in refusal(message(document(), signature))


def test_an_attribute_with_two_values_is_refused() -> None:
    kind, digest = attributes_of(document())
    two = attribute(CONTENT_TYPE, oid(DATA), oid(DATA))
    assert "exactly one signed attribute" in refusal(message(document(), signer(key_of("aws"), [two, digest])))
    assert authenticate(message(document(), signer(key_of("aws"), [kind, digest]))) == RIGHT


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_attribute_is_refused(missing: int) -> None:
    attributes = attributes_of(document())
    del attributes[missing]
    assert "exactly one signed attribute" in refusal(message(document(), signer(key_of("aws"), attributes)))


def test_the_old_form_is_refused_with_a_hint_where_the_new_one_is() -> None:
    old = signer(key_of("aws"), attributes_of(document()), digest_algorithm=SHA_1)
    assert "instance-identity/rsa2048" in refusal(message(document(), old))


def test_a_refusal_does_not_repeat_the_password() -> None:
    signed = in_standard_form("forger")
    text = base64.b64encode(signed).decode()
    assert text[:40] not in refusal(signed)
    assert text[:40] not in repr(Password(USER, text))
