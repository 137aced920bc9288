# ruff: noqa: S608 - the rows are made of our own names
"""Every list, page and figure of the catalogue is read through an index, however many tags there are."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Select, text
from tests.contracts.test_sql_plans import REPOSITORY, ROWS, SLOW, VALUES, analyze, connection, is_slow, plan

from pierone_adapters.sql import catalogue, counting, images, scm_sources

__all__ = ["connection"]  # the fixture
OF_CATALOGUE = {"end": "~", "prefix": "team/s", "start": "sha256:2", "tag": "tag-2001", "digest": "sha256:2001"}
# Each query with the indexes it must use, as both databases name them.
QUERIES: dict[str, tuple[Select[Any], tuple[str, ...], tuple[str, ...]]] = {
    "teams": (catalogue.TEAMS, ("teams USING PRIMARY KEY (name>?)",), ("teams_pkey",)),
    "team": (catalogue.TEAM, ("teams USING PRIMARY KEY (name=?)",), ("teams_pkey",)),
    "artifacts": (
        catalogue.REPOSITORIES,
        ("repositories USING PRIMARY KEY (name>? AND name<?)",),
        ("repositories_pkey",),
    ),
    "search by name": (
        catalogue.REPOSITORIES_FROM,
        ("repositories USING PRIMARY KEY (name>? AND name<?)",),
        ("repositories_pkey",),
    ),
    "search by artifact": (
        catalogue.ARTIFACTS_FROM,
        ("artifacts USING PRIMARY KEY (artifact>? AND artifact<?)",),
        ("artifacts_pkey",),
    ),
    "place of a tag": (
        catalogue.POSITION,
        ("tags USING PRIMARY KEY (repository=? AND name=?)",),
        ("tags_pkey",),
    ),
    "one tag": (
        catalogue.ENTRY,
        (
            "tags USING PRIMARY KEY (repository=? AND name=?)",
            "events USING INTEGER PRIMARY KEY (rowid=?)",
            "image_parts USING PRIMARY KEY (repository=? AND manifest=?)",
        ),
        ("tags_pkey", "events_pkey", "manifests_pkey", "image_parts_pkey"),
    ),
    "tags": (catalogue.OLDEST_FIRST, ("tags_by_creation (repository=? AND created>?)",), ("tags_by_creation",)),
    "tags, newest first": (
        catalogue.NEWEST_FIRST,
        ("tags_by_creation (repository=? AND created<?)",),
        ("tags_by_creation",),
    ),
    "events of a repository": (
        catalogue.EVENTS,
        ("events_by_repository (repository=? AND sequence>?)",),
        ("events_by_repository",),
    ),
    "events, newest first": (
        catalogue.EVENTS_BACK,
        ("events_by_repository (repository=? AND sequence<?)",),
        ("events_by_repository",),
    ),
    "pushes": (
        catalogue.PUSHES,
        ("pushes USING INTEGER PRIMARY KEY (rowid<?)", "events USING INTEGER PRIMARY KEY (rowid=?)"),
        ("pushes_pkey", "events_pkey"),
    ),
    "images": (images.FIRST, ("image_tags USING PRIMARY KEY (digest>? AND digest<?)",), ("image_tags_pkey",)),
    "tags of an image": (
        images.TAGS,
        ("image_tags USING PRIMARY KEY (digest=? AND (repository,tag)>(?,?))",),
        ("image_tags_pkey",),
    ),
    "claim": (scm_sources.CLAIM, ("scm_claims USING PRIMARY KEY",), ("scm_claims_pkey",)),
    "layer": (scm_sources.LAYER, ("layer_sources USING PRIMARY KEY (digest=?)",), ("layer_sources_pkey",)),
}
NUMBERS = (catalogue.OLDEST_FIRST, catalogue.EVENTS, catalogue.NEWEST_FIRST, catalogue.EVENTS_BACK, catalogue.PUSHES)


@pytest.fixture(autouse=True)
def _many_of_everything(connection: Connection) -> Iterator[None]:
    """Rows that no push of the test made: else a planner reads an empty table whole."""
    for number in range(0, ROWS, 10):
        connection.execute(text(f"INSERT INTO teams VALUES ('team-{number:04}', 1, 1)"))
        connection.execute(text(f"INSERT INTO layer_sources VALUES ('sha256\\:{number}', NULL, false)"))
        part = f"'{REPOSITORY}', 'sha256\\:{number}'"
        connection.execute(text(f"INSERT INTO image_parts VALUES ({part}, 'sha256\\:config{number}', true)"))
        claim = f"'{REPOSITORY}', 'tag-{number}', 'sha256\\:{number}'"
        connection.execute(text(f"INSERT INTO scm_claims VALUES ({claim}, '{{}}', 'ci', '2026')"))
    analyze(connection)
    if connection.dialect.name == "postgresql":  # which reads a table of a few pages whole, index or not
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    yield
    connection.rollback()


def is_good(told: str, indexes: tuple[str, ...]) -> bool:
    return all(index in told for index in indexes) and not is_slow(told)


def explained(connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, tuple[str, ...]]:
    statement, in_sqlite, in_postgresql = QUERIES[name]
    values = OF_CATALOGUE | ({"after": 2000} if statement in NUMBERS else {})
    # Of a repository that has half of all events, reading all events is as good.
    values |= {"repository": "team/small-2000"} if statement in (catalogue.EVENTS, catalogue.EVENTS_BACK) else {}
    for key, value in values.items():
        monkeypatch.setitem(VALUES, key, value)
    return plan(connection, statement), in_sqlite if connection.dialect.name == "sqlite" else in_postgresql


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_catalogue_uses_its_index(
    connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, indexes = explained(connection, name, monkeypatch)
    assert is_good(told, indexes), told


@pytest.mark.parametrize("name", ["tags", "tags, newest first", "pushes"])
def test_a_page_is_cut_before_anything_is_joined_to_it(
    connection: Connection, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _ = explained(connection, name, monkeypatch)
    assert told.startswith("MATERIALIZE page") or told.index("Join") < told.index("Limit"), told


@pytest.mark.parametrize(
    ("index", "names"),
    [
        ("events_by_repository", ["events of a repository", "events, newest first"]),
        ("tags_by_creation", ["tags", "tags, newest first"]),
    ],
)
def test_without_its_index_a_query_of_the_catalogue_is_noticed(
    connection: Connection, index: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.exec_driver_sql(f"DROP INDEX {index}")
    assert [name for name in QUERIES if not is_good(*explained(connection, name, monkeypatch))] == names


def test_triggers_find_the_parts_of_a_manifest_by_its_key(connection: Connection) -> None:
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    for statement in counting.tags_by_image(connection.dialect.name):
        asked = f"{explain} {statement} WHERE t.repository = '{REPOSITORY}' AND t.name = 'tag-2001'"
        told = [str(row[-1]) for row in connection.exec_driver_sql(asked)]
        searches = [line for line in told if "image_parts" in line or " p " in line or " q " in line]
        assert not any(slow in line for line in told for slow in SLOW), told
        assert sum("manifest" in line for line in told) == len(searches), told
