"""Layers that come in any pieces, and layers that mean harm."""

import gzip
import hashlib
import io
import tarfile
import tracemalloc
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
    assert found == [Entry(0o644, "a", 1000, 7), Entry(0o644, "b/c", 0, 7)]


def test_links_say_where_they_lead_and_nothing_is_followed() -> None:
    layer = tar_of(member("a", tarfile.SYMTYPE, "../../etc/passwd"), member("b", tarfile.LNKTYPE, "/etc/passwd"))
    names = [entry.shown for entry in entries([layer], digest_of(layer))]
    assert names == ["a -> ../../etc/passwd", "b -> /etc/passwd"]


def test_a_file_that_is_called_like_a_deleted_one_has_its_own_name() -> None:
    layer = tar_of(member("a (deleted)"), member(".wh.a"))
    assert [entry.name for entry in entries([layer], digest_of(layer))] == ["a (deleted)", ".wh.a"]


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


def test_many_entries_are_read_without_keeping_them() -> None:
    layer = gzip.compress(member("a" * 90).tobuf() * 20_000)
    found = entries([layer], digest_of(layer))
    next(found)
    tracemalloc.start()
    try:
        assert sum(1 for _ in found) == 19_999
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_headers_before_headers_without_end_are_no_tar() -> None:
    layer = gzip.compress(member("a", tarfile.XHDTYPE).tobuf() * 2000)
    with pytest.raises(ClientError, match="no tar that can be read"):
        list(entries([layer], digest_of(layer)))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_name_that_would_fill_the_memory_is_not_read(kind: bytes) -> None:
    layer = gzip.compress(member("a", kind, size=2 << 20).tobuf() + b"\0" * (2 << 20) + member("b").tobuf())
    with pytest.raises(ClientError, match="an entry has 2097152 bytes of names and attributes"):
        list(entries([layer], digest_of(layer)))
