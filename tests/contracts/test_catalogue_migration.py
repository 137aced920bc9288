"""A database from before the catalogue gets it filled, as if all had been pushed today."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from tests.contracts.adapters import give_back, postgres, postgres_url, sqlite
from tests.contracts.content import APP, OTHER, fixed, movable, write
from tests.contracts.images import image, index

from pierone_adapters.sql import counting
from pierone_core.manifest import OCI_INDEX, parse
from pierone_core.ports import Metadata
from pierone_core.values import Digest, Repository

DERIVED = ("artifacts", "image_parts", "image_tags", "pushes", "teams")
IMAGE, SECOND = image(b"one"), image(b"two")
STRANGE = parse(json.dumps({"schemaVersion": 2, "manifests": [], "annotations": {"nul": "\0"}}).encode(), OCI_INDEX)


def push(metadata: Metadata) -> None:
    """Two teams, an index over images, a moved tag, a shared blob, and text that PostgreSQL cannot hold as JSON."""
    for repository in (APP, OTHER, Repository.parse("foreign/app/part")):
        metadata.blobs.add(repository, Digest.of(b"shared"), 1000)
        metadata.manifests.store(write(IMAGE, fixed("1.0"), movable("dev"), repository=repository))
    metadata.blobs.add(APP, Digest.of(b"own"), 7)
    for manifest, tag in (
        (SECOND, movable("dev", IMAGE.digest)),
        (index(IMAGE, SECOND), fixed("2.0")),
        (STRANGE, fixed("x")),
    ):
        metadata.manifests.store(write(manifest, tag))


def rows(connection: Connection, table: str) -> Sequence[tuple[object, ...]]:
    return sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608 - our own names


def figures(connection: Connection) -> dict[str, int]:
    return dict(map(tuple, connection.execute(text("SELECT name, sum(value) FROM totals GROUP BY name"))))


def derived(connection: Connection) -> object:
    return figures(connection), {table: rows(connection, table) for table in DERIVED}


@pytest.mark.parametrize("opened", [sqlite, postgres])
def test_what_is_filled_in_is_what_triggers_would_have_kept(tmp_path: Path, opened: Callable[[Path], Metadata]) -> None:
    with closing(opened(tmp_path)) as metadata:
        push(metadata)
    url = f"sqlite:///{tmp_path}/pierone.sqlite"
    if opened is postgres:
        url = postgres_url(tmp_path).replace("://", "+psycopg://")
    engine = create_engine(url)
    with engine.begin() as connection:
        kept = derived(connection)
        for table in DERIVED:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
        connection.execute(text("UPDATE totals SET value = 0"))
        assert derived(connection) != kept
        for statement in counting.fill(connection.dialect.name):
            connection.exec_driver_sql(statement)
        assert derived(connection) == kept
    engine.dispose()
    give_back(tmp_path)
