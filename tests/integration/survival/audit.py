"""What must hold of a data directory and its server at any time, whatever happened to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.server import Server
from tests.integration.survival.content import digest_of, references
from tests.integration.survival.registry import Registry, expect


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the event log, as far as it is compared."""

    sequence: int
    kind: str
    repository: str
    tag: str | None
    digest: str
    previous: str | None


def database_path(data_dir: Path) -> Path:
    """Return where the database lies."""
    return data_dir / "pierone.sqlite"


def events(data_dir: Path) -> list[Event]:
    """Read the event log, which must be dense from 1."""
    with _reading(data_dir) as connection:
        rows = connection.execute(
            "SELECT sequence, kind, repository, tag, digest, previous FROM events ORDER BY sequence"
        )
        found = [Event(*row) for row in rows]
    assert [event.sequence for event in found] == list(range(1, len(found) + 1))
    return found


def events_of_tag(data_dir: Path, repository: str, tag: str) -> list[Event]:
    """Read what happened to one tag."""
    return [event for event in events(data_dir) if (event.repository, event.tag) == (repository, tag)]


def upload_files(data_dir: Path) -> set[str]:
    """List the uploads that are under way, each of which is a file."""
    return {path.name for path in (data_dir / "uploads").iterdir()}


class Auditor:
    """Verifies whatever is visible. What was right once is not read again before `check_all`."""

    def __init__(self, server: Server) -> None:
        """Audit the data directory of `server`, over HTTP too."""
        self._server = server
        self.blobs: set[tuple[str, str]] = set()
        self.tags: set[tuple[str, str, str]] = set()
        self._files: set[Path] = set()

    def check_new(self, registry: Registry) -> None:
        """Verify what was not visible before; `blobs` and `tags` then hold everything that is right."""
        self._check_blobs(registry)
        self._check_tags(registry)
        self._check_files()

    def check_all(self, registry: Registry) -> None:
        """Verify everything from the beginning."""
        for verified in (self.blobs, self.tags, self._files):
            verified.clear()
        self.check_new(registry)

    def _check_blobs(self, registry: Registry) -> None:
        for repository, digest, size in _visible_blobs(self._server.data_dir):
            if (repository, digest) not in self.blobs:
                content = expect(200, registry.get_blob(repository, digest)).content
                assert (digest_of(content), len(content)) == (digest, size)
                self.blobs.add((repository, digest))

    def _check_tags(self, registry: Registry) -> None:
        log = [event for event in events(self._server.data_dir) if event.tag]
        bound = [(event.repository, event.tag) for event in log if event.kind == "tag_bound"]
        assert len(bound) == len(set(bound)), "a tag was bound twice"
        assert set(bound) == set(_tags(registry)), "the log tells of other tags than the registry"
        last = {(event.repository, str(event.tag)): event.digest for event in log}
        for binding in {(*tag, digest) for tag, digest in last.items()} - self.tags:
            self._check_tag(registry, *binding)
            self.tags.add(binding)

    def _check_tag(self, registry: Registry, repository: str, tag: str, digest: str) -> None:
        manifest = expect(200, registry.get_manifest(repository, tag)).content
        assert digest_of(manifest) == digest
        missing = {(repository, reference) for reference in references(manifest)} - self.blobs
        assert not missing, f"{repository}:{tag} lacks {missing}"

    def _check_files(self) -> None:
        for path in set((self._server.data_dir / "blobs").glob("*/*/*")) - self._files:
            assert digest_of(path.read_bytes()) == f"sha256:{path.name}", f"{path} is half-written"
            self._files.add(path)


def _tags(registry: Registry) -> Iterator[tuple[str, str]]:
    for repository in expect(200, registry.request("GET", "/v2/_catalog")).json()["repositories"]:
        for tag in expect(200, registry.request("GET", f"/v2/{repository}/tags/list")).json()["tags"]:
            yield repository, tag


def _visible_blobs(data_dir: Path) -> set[tuple[str, str, int]]:
    with _reading(data_dir) as connection:
        return set(connection.execute("SELECT repository, digest, size FROM blobs"))


@contextmanager
def _reading(data_dir: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{database_path(data_dir)}?mode=ro", uri=True)) as connection:
        yield connection
