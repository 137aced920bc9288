"""Keys of the registry: made once, kept for the owner alone, and refused with a sentence if they are no keys."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pierone_adapters.jwt import SigningKey, kept_key, new_key, read_key

RACERS = 8
# Everybody waits for the starting shot, so that they do run at once.
RACER = """
import sys, time
from pathlib import Path
from pierone_adapters.jwt import kept_key
path = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(kept_key(path).kid)
"""


def private_pem(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


P_256 = ec.generate_private_key(ec.SECP256R1())
PUBLIC = P_256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_is_made_once_and_is_the_same_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "token-key.pem"
    first, again, read = kept_key(path), kept_key(path), read_key(path)
    assert first.kid == again.kid == read.kid
    assert first.secret == again.secret == read.secret
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_is_there_is_read_without_a_trace(tmp_path: Path) -> None:
    kept_key(tmp_path / "token-key.pem")
    before = tmp_path.stat().st_mtime_ns
    kept_key(tmp_path / "token-key.pem")
    assert tmp_path.stat().st_mtime_ns == before


def test_two_keys_are_never_the_same() -> None:
    one, other = new_key(), new_key()
    assert one.kid != other.kid
    assert one.secret != other.secret


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_kept_key_is_readable_by_its_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        kept_key(tmp_path / "token-key.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "token-key.pem").stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "token-key.pem"
    command = [sys.executable, "-c", RACER, str(path)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(RACERS)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    ids = {racer.communicate()[0].strip() for racer in racers}
    assert ids == {read_key(path).kid}
    assert list(tmp_path.iterdir()) == [path]


def test_processes_with_the_same_number_agree_on_one_key_too(tmp_path: Path) -> None:
    """Containers that share a directory are all process 1; threads of one process stand for them."""
    for heat in range(20):
        path = tmp_path / str(heat) / "token-key.pem"
        path.parent.mkdir()
        start = Barrier(RACERS)
        with ThreadPoolExecutor(RACERS) as threads:
            keys = list(threads.map(lambda _, path=path, start=start: _keep(path, start), range(RACERS)))
        assert {key.kid for key in keys} == {read_key(path).kid}
        assert list(path.parent.iterdir()) == [path]


def _keep(path: Path, start: Barrier) -> SigningKey:
    start.wait()
    return kept_key(path)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_in_either_pem_form_is_read(tmp_path: Path, form: PrivateFormat) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(private_pem(P_256, form))
    assert read_key(path).kid


@pytest.mark.parametrize(
    "content",
    [
        private_pem(ec.generate_private_key(ec.SECP384R1())),
        private_pem(ec.generate_private_key(ec.SECP256K1())),
        private_pem(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["P-384", "secp256k1", "RSA"],
)
def test_a_key_of_another_kind_is_refused_with_a_way_to_make_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"key.pem is not a P-256 private key; make one: openssl ecparam"):
        read_key(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", private_pem(P_256)[:-60], PUBLIC, private_pem(P_256, encryption=BestAvailableEncryption(b"x"))],
    ids=["empty", "text", "cut off", "public", "encrypted"],
)
@pytest.mark.parametrize("read", [read_key, kept_key])
def test_a_file_without_a_readable_key_is_named(
    tmp_path: Path, content: bytes, read: Callable[[Path], SigningKey]
) -> None:
    """The sentence is all that an operator sees when the server does not start."""
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"key\.pem"):
        read(path)
    assert path.read_bytes() == content


def test_a_missing_file_is_no_reason_to_make_a_key(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"key\.pem"):
        read_key(tmp_path / "key.pem")


def test_a_key_does_not_show_its_private_part() -> None:
    key = new_key()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
    assert "PRIVATE" not in repr(key)
