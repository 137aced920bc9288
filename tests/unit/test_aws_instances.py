"""EC2 instances as callers: what a signed document must say, how it may come, and what the operator must configure."""

import base64
import string

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ec2_documents import (
    ACCOUNT,
    RIGHT,
    USER,
    authenticate,
    certificate,
    document,
    genuine,
    key_of,
    pem,
    refusal,
)

from pierone_adapters.aws import InstanceIdentity
from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Password
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, Unauthorized
from pierone_core.values import Repository

OTHER_ACCOUNT = "999999999999"


def test_an_instance_may_pull_and_may_not_push() -> None:
    policy, repository = AccessPolicy(NoTeams(), NoApplications()), Repository("team/app")
    policy.check_pull(authenticate(genuine()), repository)
    with pytest.raises(Denied, match="realm instances may only pull"):
        policy.check_push(authenticate(genuine()), repository)


def test_every_certificate_of_the_file_is_good() -> None:
    regions = pem(certificate(key_of("aws")), certificate(key_of("another region")))
    identity = InstanceIdentity([ACCOUNT], regions)
    for region in ("aws", "another region"):
        assert identity.authenticate(Password(USER, base64.b64encode(genuine(by=region)).decode())) == RIGHT


def test_one_of_several_accounts_is_enough_and_an_account_that_is_not_listed_is_refused() -> None:
    assert authenticate(genuine(), accounts=[OTHER_ACCOUNT, ACCOUNT]) == RIGHT
    with pytest.raises(Unauthorized, match=f"AWS account {ACCOUNT} have no access"):
        authenticate(genuine(), accounts=[OTHER_ACCOUNT])


@pytest.mark.parametrize("width", [1, 64, 76, 5000])
@pytest.mark.parametrize("newline", ["\n", "\r\n", " \t\n"])
def test_line_breaks_and_blanks_in_the_base64_do_not_matter(width: int, newline: str) -> None:
    text = base64.b64encode(genuine()).decode()
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    identity = InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws"))))
    assert identity.authenticate(Password(USER, newline + newline.join(lines) + newline)) == RIGHT


@given(st.binary(max_size=200), st.integers(0, 1200), st.integers(0, 40))
def test_whatever_is_put_into_a_document_it_is_refused_or_the_same(noise: bytes, start: int, removed: int) -> None:
    signed = genuine()
    try:
        assert authenticate(signed[:start] + noise + signed[start + removed :]) == RIGHT
    except Unauthorized as refusal:
        assert "not valid here" in refusal.message  # noqa: PT017 - most are refused, the same one is not


def test_every_document_that_ends_early_is_refused() -> None:
    signed = genuine()
    for end in range(len(signed)):
        assert "not valid here" in refusal(signed[:end])


def test_something_after_the_document_is_refused() -> None:
    assert "something follows" in refusal(genuine() + b"\0")
    assert "something follows" in refusal(genuine() * 2)


def test_a_huge_password_is_refused_without_being_read() -> None:
    identity = InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws"))))
    text = base64.b64encode(genuine()).decode()
    assert identity.authenticate(Password(USER, text.ljust(8192))) == RIGHT
    with pytest.raises(Unauthorized, match="more than 8192 characters"):
        identity.authenticate(Password(USER, text.ljust(8193)))


@pytest.mark.parametrize(
    "text",
    ["", " ", "!", "MIAG", "MIAG!AAA", "-----BEGIN PKCS7-----\nMIAG\n-----END PKCS7-----", "пароль", "\0", "\ud800"],
)
def test_what_is_not_base64_of_a_message_is_refused(text: str) -> None:
    identity = InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws"))))
    with pytest.raises(Unauthorized, match="not valid here"):
        identity.authenticate(Password(USER, text))


def test_a_document_with_a_character_in_it_that_is_not_base64_is_refused() -> None:
    identity = InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws"))))
    text = base64.b64encode(genuine()).decode()
    for character in "!-_.:\0":
        with pytest.raises(Unauthorized, match="not base64"):
            identity.authenticate(Password(USER, text[:100] + character + text[100:]))


@given(st.text(string.printable) | st.text())
def test_no_text_at_all_is_taken_for_a_document(text: str) -> None:
    identity = InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws"))))
    with pytest.raises(Unauthorized, match="not valid here"):
        identity.authenticate(Password(USER, text))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"accountId"',
        b"{}",
        b"\xff" + document(),
        document().decode().encode("utf-16"),
        b"\xef\xbb\xbf" + document(),
        document() + b"x",
        document()[:-1],
        document(accountId=int(ACCOUNT)),
        document(accountId=None),
        document(accountId=f"{ACCOUNT}\n"),
        document(accountId=f" {ACCOUNT}"),
        document(accountId=ACCOUNT[:11]),
        document(accountId="１２３４５６７８９０１２"),  # noqa: RUF001 - digits, but not those
        document(accountId=[ACCOUNT]),
        document(instanceId=None),
        document(instanceId=""),
        document(instanceId="i-0123456789ABCDEF0"),
        document(instanceId="i-0123456789abcdef"),
        document(instanceId="i-0123456789abcdef0\n"),
        document(instanceId="../i-0123456789abcdef0"),
        document().replace(b"null", b"NaN"),
        document().replace(b"null", b"-Infinity"),
        document().replace(b'"region"', b'"accountId"'),
        document().replace(b'"region"', b'"region": 1, "region"'),
    ],
)
def test_what_is_signed_but_is_not_exactly_a_document_is_refused(content: bytes) -> None:
    assert "not valid here" in refusal(genuine(content))


def test_an_instance_with_an_old_short_id_is_known() -> None:
    assert authenticate(genuine(document(instanceId="i-0123abcd"))).name == f"i-0123abcd/{ACCOUNT}"


@pytest.mark.parametrize("accounts", [[], ["12345678901"], ["1234567890123"], ["12345678901x"], [ACCOUNT, ""], ["*"]])
def test_the_server_does_not_start_without_a_list_of_accounts(accounts: list[str]) -> None:
    with pytest.raises(ValueError, match="12 digits, and at least one"):
        InstanceIdentity(accounts, pem(certificate(key_of("aws"))))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - what AWS has for detached signatures
        dsa.generate_private_key(1024),  # noqa: S505 - what AWS has for the old form
        ec.generate_private_key(ec.SECP256R1()),
    ],
)
def test_a_certificate_of_another_kind_is_refused_at_start(
    key: rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey,
) -> None:
    with pytest.raises(ValueError, match="AWS certificate 4d is not for RSA-2048 signatures"):
        InstanceIdentity([ACCOUNT], pem(certificate(key_of("aws")), certificate(key)))


def test_a_certificate_for_a_key_without_a_size_is_refused_at_start() -> None:
    edwards = certificate(ed25519.Ed25519PrivateKey.generate(), issuer=key_of("aws"))
    with pytest.raises(ValueError, match="AWS certificate 4d is not for RSA-2048 signatures"):
        InstanceIdentity([ACCOUNT], pem(edwards))


@pytest.mark.parametrize("file", [b"", b"not a certificate", pem(certificate(key_of("aws")))[:-100]])
def test_a_file_without_certificates_is_refused_at_start(file: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        InstanceIdentity([ACCOUNT], file)
