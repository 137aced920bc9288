"""Layers that come in any pieces, and layers that mean harm."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator

import pytest
import zstandard

from pierone_cli.errors import ClientError
from pierone_cli.layers import Entry, entries


def tar_of(*members: tarfile.TarInfo) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return written.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size, made.mtime = kind, link, size, 7
    return made


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield b""
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["tar", "gzip", "zstd"])
def test_pieces_of_any_size_are_the_same_layer(pack: object, size: int) -> None:
    assert callable(pack)
    layer = pack(tar_of(member("a", size=1000), member("b/c")))
    found = list(entries(in_pieces(layer, size), digest_of(layer)))
    assert found == [Entry("0644", "a", 1000, 7.0), Entry("0644", "b/c", 0, 7.0)]


def test_links_say_where_they_lead_and_nothing_is_followed() -> None:
    layer = tar_of(member("a", tarfile.SYMTYPE, "../../etc/passwd"), member("b", tarfile.LNKTYPE, "/etc/passwd"))
    names = [entry.name for entry in entries([layer], digest_of(layer))]
    assert names == ["a -> ../../etc/passwd", "b -> /etc/passwd"]


def test_sha512_is_an_algorithm_of_digests_and_what_is_none_is_refused() -> None:
    layer = tar_of(member("a"))
    assert len(list(entries([layer], digest_of(layer, "sha512")))) == 1
    with pytest.raises(ClientError, match="algorithm that is not known here"):
        list(entries([layer], "none:abc"))


def test_bytes_behind_the_end_of_the_tar_count_for_the_digest() -> None:
    layer = tar_of(member("a"))
    with pytest.raises(ClientError, match="other bytes"):
        list(entries([layer, b"\0" * 100_000, b"x"], digest_of(layer)))


def test_padding_behind_the_end_of_the_tar_is_a_part_of_the_layer() -> None:
    layer = tar_of(member("a")) + b"\0" * 200_000
    assert len(list(entries(in_pieces(layer, 1000), digest_of(layer)))) == 1


def test_a_bomb_is_read_without_keeping_it() -> None:
    bomb = gzip.compress(tar_of(member("zeros", size=50_000_000)), compresslevel=1)
    assert [entry.size for entry in entries([bomb], digest_of(bomb))] == [50_000_000]
