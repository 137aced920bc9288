"""Layers as a stream of unpacked bytes. Memory is bounded by the size that is asked for and zstd's window.

Content that is broken ends early: what follows cannot be known.
"""

import zlib
from typing import IO, cast

from zstandard import ZstdDecompressor, ZstdError

from pierone_core.layer_archive import Readable
from pierone_core.ports import BlobReader

_PIECE_BYTES = 64 << 10
# Tools end with an empty member or two; a layer of nothing else would keep us busy for long.
_EMPTY_MEMBERS_MAX = 1000
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# zstd's format asks for 8 MiB at least (RFC 8878 section 3.1.1.1.2); hostile frames ask for terabytes.
_ZSTD_WINDOW_BYTES = 32 << 20


def unpack(reader: BlobReader) -> Readable:
    """The unpacked bytes of `reader`."""
    stored = _Peeked(reader)
    if stored.start.startswith(_GZIP):
        return _Gzip(stored)
    return _Zstd(stored) if stored.start.startswith(_ZSTD) else stored


class _Peeked:
    """A reader whose first bytes are known."""

    def __init__(self, reader: BlobReader) -> None:
        self._reader = reader
        self.start = reader.read(_PIECE_BYTES)
        self._rest = self.start

    def read(self, size: int = _PIECE_BYTES) -> bytes:
        """At most `size` bytes."""
        if not self._rest:
            return self._reader.read(min(size, _PIECE_BYTES))
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


class _Gzip:
    """One or more gzip members, as some tools split layers (RFC 1952 section 2.2)."""

    def __init__(self, stored: Readable) -> None:
        self._stored = stored
        self._member = _new_member()
        self._input = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        empty = 0
        while size > 0 and empty < _EMPTY_MEMBERS_MAX and (self._input or self._fill()):
            try:
                data = self._member.decompress(self._input, min(size, _PIECE_BYTES))
            except zlib.error:
                break
            self._input = self._member.unconsumed_tail
            if self._member.eof:
                self._input, self._member = self._member.unused_data, _new_member()
                empty += 1
            if data:
                return data
        return b""

    def _fill(self) -> bool:
        self._input = self._stored.read(_PIECE_BYTES)
        return bool(self._input)


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


class _Zstd:
    """One or more zstd frames."""

    def __init__(self, stored: Readable) -> None:
        decompressor = ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        source = cast("IO[bytes]", stored)  # of which it calls `read` only
        self._stream = decompressor.stream_reader(source, read_size=_PIECE_BYTES, read_across_frames=True)

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        try:
            return self._stream.read(min(size, _PIECE_BYTES))
        except ZstdError:
            return b""
