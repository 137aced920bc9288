"""What lies in the layers of an image, read as the bytes come: nothing is unpacked to disk.

OCI image specification, "Image Layer Filesystem Changeset": a file `.wh.NAME` deletes NAME of the layers below, and
`.wh..wh..opq` everything in its directory.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

import zstandard

from pierone_cli.errors import ClientError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BUFFER_BYTES = 1 << 16
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
# Names and attributes that do not fit into an entry stand before it, and are read as a whole.
_LONG_TYPES = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
_LONGEST_BYTES = 1 << 20
_BROKEN = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    zstandard.ZstdError,
    gzip.BadGzipFile,
    ValueError,
    RecursionError,  # tarfile calls itself for each header before an entry
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a layer, as it stands there; `size` in bytes, `modified` in seconds since 1970."""

    mode: int
    name: str
    size: int
    modified: float
    link: str = ""

    @property
    def shown(self) -> str:
        """The name as people read it: what it deletes, or where it leads."""
        directory, slash, name = self.name.rpartition("/")
        if name == _OPAQUE:
            return f"{directory}{slash}* (deleted)"
        if name.startswith(_WHITEOUT):
            return f"{directory}{slash}{name.removeprefix(_WHITEOUT)} (deleted)"
        return f"{self.name} -> {self.link}" if self.link else self.name


class _Member(tarfile.TarInfo):
    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Refuse what would be read into memory as a whole.

        Every release of Python calls this between a header and what belongs to it; the public `frombuf` is passed by
        in newer ones (as in Debian's 3.11.2 with its security updates).
        """
        if self.type in _LONG_TYPES and self.size > _LONGEST_BYTES:
            raise tarfile.ReadError(f"an entry has {self.size} bytes of names and attributes")
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc] # not in the types
        return member


class Checked(io.RawIOBase):
    """The pieces of a blob as a file, which hashes what passes."""

    def __init__(self, pieces: Iterator[bytes], digest: str) -> None:
        """`digest` is what the bytes must have in the end."""
        self._pieces, self._digest = pieces, digest
        self._hash = hashlib.new(digest.partition(":")[0])
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what BufferedReader gives
        """Fill `buffer`, but at the end: whoever peeks at the start must not see less of it."""
        filled = 0
        while filled < len(buffer) and self._more():
            size = min(len(buffer) - filled, len(self._rest))
            buffer[filled : filled + size], self._rest = self._rest[:size], self._rest[size:]
            filled += size
        return filled

    def _more(self) -> bool:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._hash.update(piece)
            self._rest = piece
        return True

    def finish(self) -> None:
        """Read what is left and compare; raises `ClientError`."""
        for piece in self._pieces:
            self._hash.update(piece)
        if self._hash.hexdigest() != self._digest.partition(":")[2]:
            raise ClientError(
                f"the registry sent other bytes than those of {self._digest}; try again, or tell its owners"
            )


def entries(pieces: Iterable[bytes], digest: str) -> Iterator[Entry]:
    """Every entry of a layer (tar, alone or in gzip or zstd), in its order; raises `ClientError`."""
    try:
        checked = Checked(iter(pieces), digest)
    except ValueError as error:
        raise ClientError(f"{digest} has an algorithm that is not known here") from error
    raw = io.BufferedReader(checked, _BUFFER_BYTES)
    try:
        with tarfile.open(fileobj=_decompressed(raw), mode="r|", tarinfo=_Member) as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined] # it would grow with the layer
                yield _entry(member)
    except _BROKEN as error:
        raise ClientError(f"layer {digest} is no tar that can be read: {error}") from error
    checked.finish()


def _decompressed(raw: "io.BufferedReader[Checked]") -> IO[bytes]:
    start = raw.peek(len(_ZSTD))
    if start.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if start.startswith(_ZSTD):
        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw


def _entry(member: tarfile.TarInfo) -> Entry:
    link = member.linkname if member.islnk() or member.issym() else ""
    return Entry(member.mode, member.name, member.size, member.mtime, link)
