"""Layers are unpacked whatever they are packed with, in little memory, and of broken ones it is known."""

import gzip
import io
import os
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard
from tests.unit.api.layers import zipped

from pierone_adapters.unpack import unpack
from pierone_core.layer_archive import Incomplete
from pierone_core.ports import FileExtent

DATA = os.urandom(1000) * 300


class Bytes:
    """A blob in memory."""

    extent: FileExtent | None = None

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)
        self.taken = 0

    def read(self, size: int) -> bytes:
        """See `BlobReader`."""
        self.taken += size
        return self._data.read(size)

    def close(self) -> None:
        """See `BlobReader`."""


def whole(packed: bytes, size: int = 10_000) -> bytes:
    archive = unpack(Bytes(packed))
    return b"".join(iter(lambda: archive.read(size), b""))


@pytest.mark.parametrize(
    "packed",
    [
        DATA,
        gzip.compress(DATA),
        zipped([DATA[:7], b"", DATA[7:200_000], b"", b"", DATA[200_000:], b""]),
        zstandard.compress(DATA),
        zstandard.compress(DATA[:9]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstandard.compress(DATA[9:]),
    ],
    ids=["nothing", "gzip", "gzip members", "zstd", "zstd frames"],
)
@pytest.mark.parametrize("size", [1 << 20, 4096, 512])
def test_a_layer_is_unpacked_by_what_it_is(packed: bytes, size: int) -> None:
    assert whole(packed, size) == DATA


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_what_breaks_off_is_not_taken_for_its_end(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(DATA)
    for cut in (4, 10, *range(20, len(packed), 997), len(packed) - 5, len(packed) - 1):
        with pytest.raises(Incomplete):
            whole(packed[:cut])
    with pytest.raises(Incomplete):
        whole(packed[: len(packed) // 2] + os.urandom(500))


def test_a_frame_that_breaks_off_between_its_blocks_is_not_taken_for_its_end() -> None:
    compressor = zstandard.ZstdCompressor().compressobj()
    blocks = compressor.compress(DATA) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    with pytest.raises(Incomplete):
        whole(blocks)
    assert whole(blocks + compressor.flush()) == DATA


def test_an_empty_layer_is_empty() -> None:
    assert whole(b"") == b""
    assert whole(gzip.compress(b"")) == b""
    assert unpack(Bytes(gzip.compress(DATA))).read(0) == b""


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_bomb_is_unpacked_in_little_memory(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"\0" * (100 << 20))
    tracemalloc.start()
    archive, length = unpack(Bytes(bomb)), 0
    while data := archive.read(1 << 30):
        length += len(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (length, peak < 4 << 20) == (100 << 20, True)


def test_a_frame_that_asks_for_gigabytes_of_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=30)
    huge = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(os.urandom(1 << 20) * 40)
    assert huge
    with pytest.raises(Incomplete):
        whole(huge)


def test_a_layer_of_empty_members_only_ends_soon() -> None:
    reader = Bytes(gzip.compress(b"", mtime=0) * 100_000)
    with pytest.raises(Incomplete):
        unpack(reader).read(100)
    assert reader.taken < 1 << 20
