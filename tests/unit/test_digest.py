"""Digests and references: two algorithms, and no surprise whatever the text."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pierone_core.errors import DigestInvalid, TagInvalid
from pierone_core.values import Digest, Tag, check_algorithm, new_hash, parse_reference

near_digests = st.builds(
    "{}{}{}".format,
    st.sampled_from(["sha256", "sha512", "md5", "SHA256", ""]),
    st.sampled_from([":", "", "::"]),
    st.one_of(
        st.text(alphabet="0123456789abcdef", min_size=64, max_size=64),
        st.text(alphabet="0123456789abcdef", min_size=128, max_size=128),
        st.text(alphabet="0123456789abcdefABCDEFg\n", max_size=130),
    ),
)

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_512 = (
    "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
)


@pytest.mark.parametrize(("text", "algorithm"), [(EMPTY, "sha256"), (EMPTY_512, "sha512")])
def test_a_digest_is_read_and_made(text: str, algorithm: str) -> None:
    assert str(Digest.parse(text)) == text
    assert Digest.parse(text) == Digest.of(b"", algorithm)
    assert new_hash(algorithm).hexdigest() == Digest.parse(text).encoded
    assert check_algorithm(algorithm) == len(Digest.parse(text).encoded)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "digest algorithm '' is not supported: use sha256 or sha512"),
        ("sha256", "sha256 takes 64 lower-case hexadecimal digits"),
        ("sha256:", "sha256 takes 64"),
        (EMPTY[:-1], "sha256 takes 64"),
        (EMPTY + "0", "sha256 takes 64"),
        (EMPTY.upper().replace("SHA", "sha"), "sha256 takes 64"),
        (EMPTY[:-1] + "g", "sha256 takes 64"),
        (EMPTY[:-1] + "\n", "sha256 takes 64"),
        (EMPTY[:-1] + "\N{ARABIC-INDIC DIGIT ONE}", "sha256 takes 64"),
        (EMPTY.replace("sha256", "sha512"), "sha512 takes 128"),
        (EMPTY_512.replace("sha512", "sha256"), "sha256 takes 64"),
        (EMPTY.replace("sha256", "SHA256"), "'SHA256' is not supported"),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", "'md5' is not supported"),
        ("sha384:" + "0" * 96, "'sha384' is not supported"),
        (" " + EMPTY, "' sha256' is not supported"),
    ],
)
def test_what_is_no_digest_is_refused_and_says_why(text: str, sentence: str) -> None:
    with pytest.raises(DigestInvalid, match=re.escape(sentence)):
        Digest.parse(text)


def test_only_a_digest_has_a_colon() -> None:
    assert parse_reference("1.0") == Tag("1.0")
    assert parse_reference(EMPTY) == Digest.parse(EMPTY)
    assert parse_reference("sha256-abc") == Tag("sha256-abc")
    with pytest.raises(DigestInvalid):
        parse_reference("1.0:1")
    with pytest.raises(TagInvalid):
        parse_reference("")


@settings(deadline=None)
@given(text=st.one_of(st.text(), near_digests))
@example("sha256:" + "0" * 100_000)
@example("0" * 100_000)
def test_a_digest_reads_back_or_is_refused(text: str) -> None:
    expected = re.fullmatch(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}", text)
    if expected:
        assert str(Digest.parse(text)) == text
    else:
        with pytest.raises(DigestInvalid) as refusal:
            Digest.parse(text)
        assert len(refusal.value.message) + len(str(refusal.value.detail)) < 5000


@settings(deadline=None)
@given(data=st.binary(), algorithm=st.sampled_from(["sha256", "sha512"]), cut=st.integers(0, 100))
def test_a_running_hash_is_the_digest_of_all_pieces(data: bytes, algorithm: str, cut: int) -> None:
    running = new_hash(algorithm)
    running.update(data[:cut])
    fork = running.copy()
    running.update(data[cut:])
    assert running.hexdigest() == Digest.of(data, algorithm).encoded
    assert fork.hexdigest() == Digest.of(data[:cut], algorithm).encoded
