"""Rows of the benchmarks against a registry of a few lines: it keeps manifests and lists one tag, whatever it took."""

import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.comparison import run_row
from benchmarks.loads.connection import UnexpectedAnswerError
from benchmarks.peer import Peer
from benchmarks.result import Role
from benchmarks.rows import all_rows
from benchmarks.rows.row import QUICK, Row, Scene
from benchmarks.servers import Server, running

SIZES = replace(QUICK, few_tags=200, many_tags=1_600, cold_tags=16)
REGISTRY = """\
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DIRECTORY = Path(sys.argv[2])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self):
        return DIRECTORY / self.path.partition("?")[0].replace("/", "-")

    def do_HEAD(self):
        self.answer(200)

    def do_PUT(self):
        self.file().write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(201)

    def do_GET(self):
        if self.path == "/v2/":
            self.answer(200)
        elif "/tags/list" in self.path:
            self.answer(200, b'{"tags": ["one"]}')
        elif self.file().exists():
            self.answer(200, self.file().read_bytes())
            self.file().unlink()
        else:
            self.answer(404)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def row(name: str) -> Row:
    return next(row for row in all_rows(SIZES) if row.name == name)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, 1, SIZES)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    script = tmp_path / "registry.py"
    script.write_text(REGISTRY)
    command = shlex.join([sys.executable, str(script)])
    with running(Peer("small", f"{command} {{port}} {{directory}}").kind(), tmp_path / "data") as server:
        yield server


@pytest.mark.parametrize("name", ["tags-list-few", "tags-list-many"])
def test_a_registry_that_has_not_taken_the_tags_is_not_measured(server: Server, scene: Scene, name: str) -> None:
    with pytest.raises(UnexpectedAnswerError, match="1 tags listed after"):
        row(name).prepare(server, scene)


def test_cold_reads_ask_a_new_process_once_for_each_tag_that_was_filled_in(server: Server, scene: Scene) -> None:
    # This registry forgets what was read: a tag that was read twice, or never written, would be 404.
    cold = replace(row("manifest-get-cold"), ceiling=False)
    result = run_row(cold, {Role.PEER: server, Role.SUBJECT: _other(server)}, scene, rounds=1)
    assert all(sample.value > 0 and sample.p99_ms for role in result.samples for sample in result.samples[role])
    assert list((scene.directory / "data-cold").iterdir()) == []
    assert list(server.directory.iterdir()) == []


def _other(server: Server) -> Server:
    return replace(server, directory=server.directory.with_name("other"))
