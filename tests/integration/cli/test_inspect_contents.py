"""`inspect-contents`: what lies in the layers of an image."""

import gzip
import io
import json
import re
import tarfile

import pytest
import zstandard
from tests.integration.cli.command import Home
from tests.integration.cli.pier_one import PierOne, digest_of

COLUMNS = ["layer_index", "layer_id", "mode", "name", "size", "created_time"]


def tar_of(*names: str) -> bytes:
    """A tar with a file of each name, four bytes long."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = 4, 0o4755, 1440058499
            tar.addfile(entry, io.BytesIO(b"data"))
    return written.getvalue()


BASE, TOP = gzip.compress(tar_of("etc/base")), gzip.compress(tar_of("app/top", "app/more"))


def names(home: Home, *arguments: str) -> list[str]:
    rows = home.pierone("inspect-contents", "myteam", "myapp", *arguments, "-o", "json").json
    return [row["name"] for row in rows]


def test_the_files_of_the_topmost_layer_are_listed(home: Home, pier_one: PierOne) -> None:
    pier_one.add_image("1.0", BASE, TOP)
    columns, *rows = home.pierone("inspect-contents", "myteam", "myapp", "1.0", "-o", "tsv").table
    assert columns == COLUMNS
    digest = digest_of(TOP)
    assert rows == [["0", digest, "4755", name, "4", "1440058499"] for name in ("app/top", "app/more")]


def test_more_layers_come_from_top_to_bottom(home: Home, pier_one: PierOne) -> None:
    pier_one.add_image("1.0", BASE, TOP)
    assert names(home, "1.0", "--limit", "2") == ["app/top", "app/more", "etc/base"]


def test_all_tags_are_looked_into_where_none_is_named(home: Home, pier_one: PierOne) -> None:
    pier_one.add_image("1.0", BASE)
    pier_one.add_image("1.1", TOP)
    assert names(home) == ["etc/base", "app/top", "app/more"]


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        zstandard.compress,
        lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:]),
        lambda data: zstandard.compress(data[:700]) + zstandard.compress(data[700:]),
    ],
    ids=["tar", "gzip", "zstd", "two-gzip-members", "two-zstd-frames"],
)
def test_layers_may_be_packed_in_any_way_that_images_know(home: Home, pier_one: PierOne, pack: object) -> None:
    assert callable(pack)
    pier_one.add_image("1.0", pack(tar_of("app/top", "app/more")))
    assert names(home, "1.0") == ["app/top", "app/more"]


def test_what_a_layer_deletes_is_said_to_be_deleted_and_programs_get_the_names(home: Home, pier_one: PierOne) -> None:
    deleted = ["etc/.wh.base", "var/.wh..wh..opq", ".wh.top"]
    pier_one.add_image("1.0", gzip.compress(tar_of(*deleted)))
    assert names(home, "1.0") == deleted
    shown = home.pierone("inspect-contents", "myteam", "myapp", "1.0").out
    assert re.findall(r"\S+ \(deleted\)", shown) == ["etc/base (deleted)", "var/* (deleted)", "top (deleted)"]


def test_the_mode_is_for_programs_what_it_always_was(home: Home, pier_one: PierOne) -> None:
    entry = tarfile.TarInfo("a")
    entry.mode = 0o644
    pier_one.add_image("1.0", entry.tobuf() + bytes(1024))
    command = ("inspect-contents", "myteam", "myapp", "1.0", "-o")
    assert home.pierone(*command, "json").json[0]["mode"] == "o644"
    assert home.pierone(*command, "tsv").table[1][2] == "o644"
    header, row = home.pierone(*command, "text").out.splitlines()
    assert [title.strip() for title in header.split("│")] == ["Idx", "Layer Id", "Mode", "Name", "Size", "Created"]
    assert row.split()[2] == "0644"


@pytest.mark.parametrize("output", ["json", "tsv", "text"])
def test_rows_are_printed_while_the_layer_still_comes(home: Home, pier_one: PierOne, output: str) -> None:
    layer = tar_of(*(f"a{number}" for number in range(1100)))
    pier_one.add_image("1.0", layer)
    pier_one.blobs[digest_of(layer)] = layer + b"more"
    done = home.pierone("inspect-contents", "myteam", "myapp", "1.0", "-o", output)
    assert done.code == 1
    assert "a1000" in done.out
    assert "other bytes than those of" in done.err


def test_of_an_index_the_image_for_one_platform_is_looked_into(home: Home, pier_one: PierOne) -> None:
    manifests = []
    for architecture, layer in (("amd64", BASE), ("arm64", TOP)):
        digest = digest_of(pier_one.add_image(architecture, layer))
        manifests.append({"digest": digest, "platform": {"os": "linux", "architecture": architecture}})
    pier_one.add_image("1.0", manifests=manifests)
    assert names(home, "1.0") == ["etc/base"]
    assert names(home, "1.0", "--platform", "linux/arm64") == ["app/top", "app/more"]
    other = home.pierone("inspect-contents", "myteam", "myapp", "1.0", "--platform", "plan9/mips")
    assert other.code == 1
    assert "there is no image for plan9/mips; --platform can be linux/amd64, linux/arm64" in other.err


@pytest.mark.parametrize(
    "layer",
    [
        b"no tar at all" * 100,
        TOP[:50],
        zstandard.compress(tar_of("a"))[:30],
        gzip.compress(b"no tar" * 500),
        b"\x1f\x8b",
    ],
    ids=["noise", "cut-gzip", "cut-zstd", "gzip-of-noise", "start-of-gzip"],
)
def test_a_layer_that_is_no_tar_is_one_line(home: Home, pier_one: PierOne, layer: bytes) -> None:
    pier_one.add_image("1.0", layer)
    done = home.pierone("inspect-contents", "myteam", "myapp", "1.0")
    assert (done.code, done.out) == (1, "")
    assert f"layer {digest_of(layer)} is no tar that can be read" in done.err
    assert done.err.count("\n") == 1


def test_bytes_that_are_not_what_their_digest_says_are_an_error(home: Home, pier_one: PierOne) -> None:
    pier_one.add_image("1.0", BASE)
    pier_one.blobs[digest_of(BASE)] = TOP
    done = home.pierone("inspect-contents", "myteam", "myapp", "1.0")
    assert (done.code, done.out) == (1, "")
    assert f"other bytes than those of {digest_of(BASE)}" in done.err


@pytest.mark.parametrize(
    "manifest",
    [
        {"layers": {}},
        {"layers": ["a"]},
        {"layers": [{"size": 1}]},
        {"layers": [{"digest": 1}]},
        {"layers": [{"digest": "sha256:aa", "size": "1"}]},
        {"manifests": [{"digest": "sha256:aa", "platform": []}]},
    ],
)
def test_a_manifest_that_is_none_is_one_line(home: Home, pier_one: PierOne, manifest: object) -> None:
    pier_one.manifests["1.0"] = json.dumps(manifest).encode()
    done = home.pierone("inspect-contents", "myteam", "myapp", "1.0")
    assert (done.code, done.out) == (1, "")
    assert "of the manifest are not those of an image; tell the registry's owners" in done.err


def test_a_tag_that_does_not_exist_is_an_error(home: Home) -> None:
    done = home.pierone("inspect-contents", "myteam", "myapp", "9")
    assert (done.code, done.out) == (1, "")
    assert "myteam/myapp:9 does not exist" in done.err
