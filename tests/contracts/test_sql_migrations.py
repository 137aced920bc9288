"""How a database comes to the newest schema: all of it or nothing, once, from any version before, and never back."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from tests.contracts.adapters import postgres_url, sqlite
from tests.contracts.content import artifact, fixed, write
from tests.contracts.everything import everything, fill
from tests.contracts.processes import PATIENCE, die_while_upgrading, process
from tests.contracts.threads import all_at_once
from tests.contracts.versions import previous_postgres, previous_sqlite
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_metadata, revisions, upgrade_postgres
from pierone_adapters.sql.schema import metadata as tables
from pierone_core.errors import Unavailable
from pierone_core.ports import Metadata


def empty_database() -> str:
    return shared_postgres().database(migrated=False)


def upgraded_sqlite(directory: Path) -> Metadata:
    previous_sqlite(directory)
    return sqlite(directory)


def upgraded_postgres(_: Path) -> Metadata:
    url = empty_database()
    previous_postgres(url)
    assert upgrade_postgres(url)
    return postgres_metadata(url)


@pytest.mark.parametrize("upgraded", [upgraded_sqlite, upgraded_postgres])
def test_what_the_previous_version_wrote_reads_back_and_goes_on(
    tmp_path: Path, upgraded: Callable[[Path], Metadata]
) -> None:
    (tmp_path / "new").mkdir()
    with closing(sqlite(tmp_path / "new")) as new, closing(upgraded(tmp_path)) as metadata:
        fill(new)
        assert everything(metadata) == everything(new)
        metadata.manifests.store(write(artifact("after"), fixed("2.0")))
        assert [event.sequence for event in metadata.events.read(0, 100)] == list(range(1, 9))
        assert metadata.share("key", "value") == "value"


def schema(directory: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(directory / "pierone.sqlite")) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {(name, "".join(sql.split())) for name, sql in made}


def test_a_new_file_has_what_migrations_end_with(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    sqlite(tmp_path / "new").close()
    upgraded_sqlite(tmp_path).close()
    assert schema(tmp_path / "new") == schema(tmp_path)


def test_the_first_revision_is_what_the_previous_version_made(tmp_path: Path) -> None:
    (tmp_path / "previous").mkdir()
    previous_sqlite(tmp_path / "previous")
    with create_engine(f"sqlite:///{tmp_path}/pierone.sqlite").begin() as connection:
        revisions.upgrade(connection, "0001")
    made = {(name, sql) for name, sql in schema(tmp_path) if name != "alembic_version"}
    assert made == schema(tmp_path / "previous")


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, tables))


def test_the_tables_in_the_code_are_those_in_the_database(tmp_path: Path) -> None:
    upgraded_sqlite(tmp_path).close()
    file, url = f"sqlite:///{tmp_path}/pierone.sqlite", postgres_url(tmp_path).replace("://", "+psycopg://")
    for engine in map(create_engine, (file, url)):
        with engine.connect() as connection:
            assert differences(connection) == []
            connection.exec_driver_sql("ALTER TABLE uploads ADD COLUMN more TEXT")
            assert differences(connection)
            connection.rollback()
        engine.dispose()


def test_the_code_names_every_revision_in_order() -> None:
    place = str(Path(revisions.__file__).with_name("migrations"))
    walked = ScriptDirectory(place, version_locations=[place]).walk_revisions()
    assert tuple(script.revision for script in walked) == revisions.REVISIONS[::-1]


def test_a_file_with_a_newer_schema_is_refused(tmp_path: Path) -> None:
    sqlite(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "pierone.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    before = (tmp_path / "pierone.sqlite").read_bytes()
    with pytest.raises(Unavailable, match=r"schema 0099, which a newer Pier One made"):
        sqlite(tmp_path)
    assert (tmp_path / "pierone.sqlite").read_bytes() == before


def test_a_database_with_a_newer_schema_is_refused() -> None:
    url = shared_postgres().database()
    shared_postgres().execute("UPDATE alembic_version SET version_num = '0099'", url)
    for call in (postgres_metadata, upgrade_postgres):
        with pytest.raises(Unavailable, match=r"schema 0099, which a newer Pier One made"):
            call(url)


@pytest.mark.parametrize("prepare", [lambda _: None, previous_postgres], ids=["none", "the previous"])
def test_a_server_on_postgresql_does_not_start_with_an_older_schema(prepare: Callable[[str], None]) -> None:
    url = empty_database()
    prepare(url)
    with pytest.raises(Unavailable, match="pierone-server db upgrade"):
        postgres_metadata(url)


def test_of_many_that_upgrade_at_once_one_does_it() -> None:
    url = empty_database()
    previous_postgres(url)
    assert sorted(map(bool, all_at_once([partial(upgrade_postgres, url)] * 8))) == [False] * 7 + [True]
    postgres_metadata(url).close()


def test_many_may_open_a_file_of_the_previous_version_at_once(tmp_path: Path) -> None:
    previous_sqlite(tmp_path)
    for metadata in all_at_once([partial(sqlite, tmp_path)] * 8):
        assert isinstance(metadata, Metadata)
        with closing(metadata):
            assert len(metadata.events.read(0, 100)) == 6


def test_a_process_killed_while_it_upgraded_a_file_changed_nothing(tmp_path: Path) -> None:
    previous_sqlite(tmp_path)
    before = schema(tmp_path)
    with process(die_while_upgrading, tmp_path, None) as running:
        running.join(PATIENCE)
        assert running.exitcode == -9
    assert schema(tmp_path) == before
    with closing(sqlite(tmp_path)) as metadata:
        assert metadata.share("key", "value") == "value"


def test_a_process_killed_while_it_upgraded_a_database_changed_nothing(tmp_path: Path) -> None:
    url = empty_database()
    previous_postgres(url)
    with process(die_while_upgrading, tmp_path, url) as running:
        running.join(PATIENCE)
        assert running.exitcode == -9
    assert shared_postgres().execute("SELECT to_regclass('shared_values')::text", url) == [(None,)]
    assert shared_postgres().execute("SELECT version_num FROM alembic_version", url) == [("0001",)]
    assert upgrade_postgres(url)
    postgres_metadata(url).close()


def test_a_database_that_cannot_hold_every_name_is_refused() -> None:
    shared_postgres().execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(Unavailable, match="UTF8"):
        upgrade_postgres(shared_postgres().url("latin"))


def test_every_text_sorts_in_byte_order_in_postgresql(tmp_path: Path) -> None:
    query = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = 'public' {}"
    url, but = postgres_url(tmp_path), "AND table_name <> 'alembic_version' AND data_type ~ 'text|character'"
    assert shared_postgres().execute(query.format(but), url) == [("C",)]


def test_a_server_with_nothing_to_migrate_starts_without_what_migrations_and_postgresql_need(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pierone_http import __main__; "
        "from pierone_adapters.sql import sqlite_metadata; sqlite_metadata(Path(sys.argv[1])).close(); "
        "print([name for name in ('alembic', 'psycopg', 'sqlalchemy.dialects.postgresql') if name in sys.modules])"
    )
    for _ in range(2):
        command = [sys.executable, "-c", code, str(tmp_path / "pierone.sqlite")]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
