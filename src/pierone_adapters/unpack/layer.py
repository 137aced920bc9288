"""Layers as a stream of unpacked bytes. Memory is bounded by the size that is asked for and zstd's window.

Content that is broken, or ends too early, raises `Incomplete`: what follows cannot be known.
"""

import io
import zlib
from typing import IO, cast

from zstandard import ZstdDecompressor, ZstdError

from pierone_core.layer_archive import Incomplete, Readable
from pierone_core.ports import BlobReader

_PIECE_BYTES = 64 << 10
# Tools end with an empty member or two; a layer of nothing else would keep us busy for long.
_EMPTY_MEMBERS_MAX = 1000
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# zstd's format asks for 8 MiB at least (RFC 8878 section 3.1.1.1.2); hostile frames ask for terabytes.
_ZSTD_WINDOW_BYTES = 32 << 20
# A skippable frame (RFC 8878 section 3.1.2). A block has 128 KiB at most, and no block begins with three 0xFF.
_ZSTD_END = b"\x50\x2a\x4d\x18" + (256 << 10).to_bytes(4, "little") + b"\xff" * (256 << 10)


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
        self._begun = False
        self._input = b""

    def read(self, size: int) -> bytes:
        """See `Readable`."""
        empty, data = 0, b""
        while size > 0 and not data and (self._input or self._fill()):
            data = self._unpacked(min(size, _PIECE_BYTES))
            if self._member.eof:
                self._input, self._member, self._begun = self._member.unused_data, _new_member(), False
                empty += 1
            if empty > _EMPTY_MEMBERS_MAX:
                raise Incomplete
        return data

    def _fill(self) -> bool:
        self._input = self._stored.read(_PIECE_BYTES)
        if self._begun and not self._input:
            raise Incomplete
        return bool(self._input)

    def _unpacked(self, size: int) -> bytes:
        try:
            data = self._member.decompress(self._input, size)
        except zlib.error as error:
            raise Incomplete from error
        self._input, self._begun = self._member.unconsumed_tail, True
        return data


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


class _Zstd:
    """One or more zstd frames."""

    def __init__(self, stored: Readable) -> None:
        decompressor = ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        source = cast("IO[bytes]", _Ended(stored))  # of which it calls `read` only
        self._stream = decompressor.stream_reader(source, read_size=_PIECE_BYTES, read_across_frames=True)

    def read(self, size: int) -> bytes:
        """See `Readable`."""
        try:
            return self._stream.read(min(size, _PIECE_BYTES))
        except ZstdError as error:
            raise Incomplete from error


class _Ended:
    """zstd frames and a last one that is skipped.

    The decompressor does not say whether its input ended within a frame. If it did, it takes this one for the frame's
    rest, which it cannot be, and fails.
    """

    def __init__(self, stored: Readable) -> None:
        self._stored = stored
        self._end = io.BytesIO(_ZSTD_END)

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        return self._stored.read(size) or self._end.read(size)
