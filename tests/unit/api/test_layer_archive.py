"""Finding a file in the root of a layer: what is found, and what hostile archives achieve."""

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.archives import END, search
from tests.unit.api.layers import FILE, SCM_SOURCE, entry, header, layer, pax

from pierone_core import layer_archive
from pierone_core.layer_archive import SAID_MAX_BYTES, Finding, find

NOTHING, UNKNOWN = Finding(), Finding(complete=False)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("name", [FILE, f"./{FILE}", f"/{FILE}", f".//{FILE}", f"etc/../{FILE}"])
def test_the_file_is_found_in_the_root_however_it_is_spelled(name: str, form: int) -> None:
    archive = layer(("etc/passwd", b"x" * 700), (name, SCM_SOURCE), ("zzz", b""), form=form)
    assert search(archive) == Finding(SCM_SOURCE)


@pytest.mark.parametrize(
    "name", [f"app/{FILE}", f"{FILE}.bak", f"x{FILE}", "scm-sourcexjson", f"{FILE}/x", "SCM-SOURCE.JSON"]
)
def test_other_files_are_not_taken_for_it(name: str) -> None:
    assert search(layer((name, SCM_SOURCE))) == NOTHING


def test_names_that_are_long_are_skipped_and_what_follows_is_found() -> None:
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        archive = layer((f"{'d' * 200}/{'n' * 300}", b"x"), ("ü" * 150, b"y"), (FILE, SCM_SOURCE), form=form)
        assert search(archive) == Finding(SCM_SOURCE)


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        (pax(("path", f"elsewhere/{FILE}")) + entry(FILE.encode(), SCM_SOURCE), NOTHING),
        (pax(("path", FILE)) + entry(b"other", SCM_SOURCE), Finding(SCM_SOURCE)),
        (pax(("mtime", "1.5")) + entry(FILE.encode(), SCM_SOURCE), Finding(SCM_SOURCE)),
        (entry(b"L", FILE.encode() + b"\0", b"L") + entry(b"other", SCM_SOURCE), Finding(SCM_SOURCE)),
        (entry(b"K", b"link", b"K") + entry(b"g", b"10 x=yyyy\n", b"g") + entry(FILE.encode(), b"{}"), Finding(b"{}")),
    ],
)
def test_a_name_that_is_given_before_its_entry_counts(archive: bytes, expected: Finding) -> None:
    assert search(archive + END) == expected


def test_a_size_that_is_given_before_its_entry_counts() -> None:
    archive = pax(("size", "600")) + header(b"big", 0) + b"x" * 1024 + entry(FILE.encode(), SCM_SOURCE)
    assert search(archive) == Finding(SCM_SOURCE)


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_links_and_devices_have_no_content_whatever_size_they_claim(kind: bytes) -> None:
    archive = header(b"strange", 1 << 30, kind) + entry(FILE.encode(), SCM_SOURCE)
    assert search(archive) == Finding(SCM_SOURCE)
    assert search(header(FILE.encode(), 5, kind)) == Finding(b"")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([(f".wh.{FILE}", b"")], Finding(removed=True)),
        ([(".wh..wh..opq", b"")], Finding(removed=True)),
        ([(f".wh.{FILE}", b""), (FILE, SCM_SOURCE)], Finding(SCM_SOURCE)),
        ([("etc/.wh..wh..opq", b""), (f"etc/.wh.{FILE}", b"")], NOTHING),
        ([(".wh.other", b"")], NOTHING),
    ],
)
def test_whiteouts_of_the_root_remove_what_lower_layers_have(files: list[tuple[str, bytes]], expected: Finding) -> None:
    assert search(layer(*files)) == expected


def test_of_a_large_file_no_more_is_read_than_shows_that_it_is_large() -> None:
    assert search(layer((FILE, b"x" * 100_000)), max_bytes=1000) == Finding(b"x" * 1001)


@pytest.mark.parametrize(
    "archive",
    [
        b"{}",
        b"x" * 511,
        b"x" * 512,
        b"\xff" * 5000,
        header(FILE.encode(), 1000) + b"short",
        entry(FILE.encode(), SCM_SOURCE) + header(b"x", 1000) + b"short",
        entry(FILE.encode(), SCM_SOURCE) + header(b"x", 0)[:100],
        header(b"endless", 0, size_field=b"\xff" * 12) + entry(FILE.encode(), SCM_SOURCE),
        header(b"negative", 0, size_field=b"-1111111111\0") + entry(FILE.encode(), SCM_SOURCE),
        header(b"x", 0, size_field=b"not a number") + entry(FILE.encode(), SCM_SOURCE),
        header(b"broken", 0)[:-1] + b"\1" + entry(FILE.encode(), SCM_SOURCE),
    ],
)
def test_of_what_is_no_archive_or_broken_nobody_knows_what_it_brings(archive: bytes) -> None:
    assert search(archive) == UNKNOWN


@pytest.mark.parametrize("archive", [b"", END, END + entry(FILE.encode(), SCM_SOURCE)])
def test_what_has_nothing_before_its_end_brings_nothing(archive: bytes) -> None:
    assert search(archive) == NOTHING


def test_of_several_files_the_last_counts_as_it_overwrites_the_others() -> None:
    assert search(layer((FILE, b"{}"), (f"./{FILE}", SCM_SOURCE), ("zzz", b""))) == Finding(SCM_SOURCE)
    assert search(entry(FILE.encode(), SCM_SOURCE) + header(FILE.encode(), 0, b"2")) == Finding(b"")


@pytest.mark.parametrize(
    "records",
    [
        b"9" * 5000 + b" path=x\n",
        b"-5 path=x\n",
        b"0 path=x\n",
        b"99 path=x\n",
        b"path=x\n",
        b"\xff" * 100,
        b"10 path=x\n" + b"5 a=\n" + b"6 a=\n",
    ],
)
def test_a_broken_record_of_a_name_makes_the_rest_unknown(records: bytes) -> None:
    archive = entry(b"x", records, b"x") + entry(FILE.encode(), SCM_SOURCE) + entry(b"other", b"")
    assert search(archive) == UNKNOWN


def test_an_empty_name_that_is_given_before_its_entry_is_none() -> None:
    assert search(pax(("path", "")) + entry(FILE.encode(), SCM_SOURCE)) == Finding(SCM_SOURCE)


class Counted(bytes):
    """Bytes that know how many of them were copied."""

    copied = 0

    def __getitem__(self, key: slice) -> bytes:  # type: ignore[override]
        """Count what is taken."""
        part = super().__getitem__(key)
        self.copied += len(part)
        return part


def test_however_many_records_an_entry_has_none_is_copied_twice() -> None:
    said = Counted(b"5 a=\n" * 10_000)
    assert len(list(layer_archive._records(said))) == 10_000  # noqa: SLF001 - what is copied is seen nowhere else
    assert said.copied <= len(said)


def test_a_layer_of_more_records_than_tools_write_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_archive, "RECORDS_MAX", 20)
    many = entry(b"x", b"5 a=\n" * 7, b"x") + entry(b"other", b"")
    assert search(many * 2 + entry(FILE.encode(), SCM_SOURCE)) == Finding(SCM_SOURCE)
    assert search(many * 3 + entry(FILE.encode(), SCM_SOURCE)) == UNKNOWN


class Endless:
    """An archive of as many blocks as anybody wants, and how many bytes were asked for at once at the most."""

    def __init__(self, start: bytes, limit: int) -> None:
        self._start, self._left = start, limit
        self.largest = 0

    def read(self, size: int) -> bytes:
        self.largest = max(self.largest, size)
        data, self._start = self._start[:size], self._start[size:]
        if not data and self._left > 0:
            data = b"\0" * min(size, self._left)
            self._left -= len(data)
        return data


@pytest.mark.parametrize(
    "start",
    [
        header(b"x", (8 << 30) - 1),
        header(b"x", (8 << 30) - 1, b"x"),
        header(b"x", SAID_MAX_BYTES, b"x"),
        header(b"x", (8 << 30) - 1, b"L"),
        header(FILE.encode(), (8 << 30) - 1),
        header(b"x", 0, size_field=b"\x80" + b"\xff" * 11),
        pax(("size", "9" * 18)) + header(b"x", 0),
    ],
)
def test_an_entry_that_claims_gigabytes_is_never_held_in_memory(start: bytes) -> None:
    archive = Endless(start, 64 << 20)
    find(archive, FILE, 10_000)
    assert archive.largest <= 1 << 20


@given(st.binary(max_size=2000), st.integers(0, 1500))
def test_no_bytes_make_it_fail(noise: bytes, position: int) -> None:
    good = bytearray(layer(("a", b"b"), (FILE, SCM_SOURCE)))
    good[position : position + len(noise)] = noise
    for archive in (noise, bytes(good)):
        assert isinstance(search(archive), Finding)
