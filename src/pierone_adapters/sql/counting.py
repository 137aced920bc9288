# ruff: noqa: S608 - these statements are made of our own names and numbers
"""Triggers that keep the catalogue's tables in the transaction that changes what they count.

A trigger sees every change, whoever makes it, so lists and figures cannot drift away from the content. What a manifest
names is read out of its bytes by the database; bytes that it cannot read as JSON are stored all the same. Migrations
that ran somewhere made exactly these: other triggers need functions of their own.
"""

from collections.abc import Iterator

from pierone_adapters.sql.storage import ONE_COUNTS_A_BLOB, SHARDS, STORAGE

# As `Manifest.images`.
_IMAGES_MAX = 100
_ADD_PART = "INSERT INTO image_parts (repository, manifest, part, is_config)"
_ADD_PUSH = "INSERT INTO pushes (sequence)"
_ADD_IF_PUSH = f"{_ADD_PUSH} SELECT NEW.sequence WHERE NEW.tag IS NOT NULL"
_ADD_TAG = "INSERT INTO image_tags (digest, repository, tag)"
_OF_TAG = "image_parts AS p ON p.repository = t.repository AND p.manifest = t.digest"
_OF_PART = "image_parts AS q ON q.repository = p.repository AND q.manifest = p.part"
# SQLite joins in the order that is written with this; left to itself it would read all parts of the repository.
_JOIN = {"sqlite": "CROSS JOIN", "postgresql": "JOIN"}
_IS_NEW_BLOB = "NOT EXISTS (SELECT 1 FROM blobs WHERE digest = NEW.digest AND repository <> NEW.repository)"


def tags_by_image(dialect: str) -> Iterator[str]:
    """A tag is found by its manifest, by what that names, and by what the images of an index name."""
    join = _JOIN[dialect]
    yield f"{_ADD_TAG} SELECT t.digest, t.repository, t.name FROM tags AS t"
    yield f"{_ADD_TAG} SELECT p.part, t.repository, t.name FROM tags AS t {join} {_OF_TAG}"
    yield f"{_ADD_TAG} SELECT q.part, t.repository, t.name FROM tags AS t {join} {_OF_TAG} {join} {_OF_PART}"


def _find_new_tag(dialect: str) -> str:
    is_new = "t.repository = NEW.repository AND t.name = NEW.name"
    return "; ".join(f"{statement} WHERE {is_new} ON CONFLICT DO NOTHING" for statement in tags_by_image(dialect))


def _forget_old_tag(dialect: str) -> str:
    return (
        "DELETE FROM image_tags WHERE repository = OLD.repository AND tag = OLD.name AND digest IN (SELECT OLD.digest "
        "UNION SELECT part FROM image_parts WHERE repository = OLD.repository AND manifest = OLD.digest "
        f"UNION SELECT q.part FROM image_parts AS p {_JOIN[dialect]} {_OF_PART} "
        "WHERE p.repository = OLD.repository AND p.manifest = OLD.digest)"
    )


def of_catalogue(dialect: str) -> Iterator[str]:
    """The statements that make the triggers, and the figures to begin with."""
    yield "INSERT INTO totals (name, shard, value) VALUES ('teams', 0, 0)"
    for shard in range(SHARDS if dialect == "postgresql" else 1):
        yield f"INSERT INTO totals (name, shard, value) VALUES ('storage', {shard}, 0)"
    yield from _postgresql() if dialect == "postgresql" else _sqlite()


def fill(dialect: str) -> Iterator[str]:
    """The statements that fill empty tables with what is there."""
    if dialect == "postgresql":
        yield (
            f"{_ADD_PART} SELECT m.repository, m.digest, p.part, p.is_config "
            "FROM manifests AS m, parts_of_manifest(m.data) AS p ON CONFLICT DO NOTHING"
        )
    else:
        yield from _sqlite_parts("m", "manifests AS m")
    yield f"{_ADD_PUSH} SELECT sequence FROM events WHERE tag IS NOT NULL"
    for statement in tags_by_image(dialect):
        yield f"{statement} WHERE true ON CONFLICT DO NOTHING"
    yield from _fill_figures(*(_postgresql_split if dialect == "postgresql" else _sqlite_split)("name"))


def _fill_figures(team: str, artifact: str) -> Iterator[str]:
    yield f"INSERT INTO artifacts (artifact, team) SELECT {artifact}, {team} FROM repositories"
    of_repositories = f"SELECT {team} AS team, count(*) AS number FROM repositories GROUP BY 1"
    of_tags = f"SELECT {team.replace('name', 'repository')} AS team, count(*) AS number FROM tags GROUP BY 1"
    yield (
        "INSERT INTO teams (name, artifacts, tags) SELECT r.team, r.number, coalesce(t.number, 0) "
        f"FROM ({of_repositories}) AS r LEFT JOIN ({of_tags}) AS t ON t.team = r.team"
    )
    yield "UPDATE totals SET value = (SELECT count(*) FROM teams) WHERE name = 'teams'"
    yield f"UPDATE totals SET value = {STORAGE} WHERE name = 'storage' AND shard = 0"


def _sqlite() -> Iterator[str]:
    team, artifact = _sqlite_split("NEW.name")
    yield _sqlite_trigger(
        "repositories",
        "INSERT",
        f"INSERT INTO artifacts (artifact, team) VALUES ({artifact}, {team})",
        f"UPDATE totals SET value = value + 1 WHERE name = 'teams' AND {team} NOT IN (SELECT name FROM teams)",
        f"INSERT INTO teams (name, artifacts, tags) VALUES ({team}, 1, 0) "
        "ON CONFLICT (name) DO UPDATE SET artifacts = artifacts + 1",
    )
    yield _sqlite_trigger(
        "blobs", "INSERT", f"UPDATE totals SET value = value + NEW.size WHERE name = 'storage' AND {_IS_NEW_BLOB}"
    )
    yield _sqlite_trigger("events", "INSERT", _ADD_IF_PUSH)
    yield _sqlite_trigger("manifests", "INSERT", *_sqlite_parts("NEW"))
    of_team = f"name = {_sqlite_split('NEW.repository')[0]}"
    yield _sqlite_trigger(
        "tags", "INSERT", f"UPDATE teams SET tags = tags + 1 WHERE {of_team}", _find_new_tag("sqlite")
    )
    yield _sqlite_trigger("tags", "UPDATE OF digest", _forget_old_tag("sqlite"), _find_new_tag("sqlite"))


def _sqlite_split(name: str) -> tuple[str, str]:
    slash = f"instr({name}, '/')"
    return f"substr({name}, 1, {slash} - 1)", f"substr({name}, {slash} + 1)"


def _sqlite_parts(row: str, rows: str = "") -> Iterator[str]:
    data = f"CAST({row}.data AS TEXT)"
    document = f"CASE WHEN json_valid({data}) THEN {data} ELSE '{{}}' END"
    config = f"json_extract({document}, '$.config.digest')"
    insert = f"{_ADD_PART} SELECT {row}.repository, {row}.digest,"
    yield f"{insert} {config}, 1 {rows and f'FROM {rows}'} WHERE {config} IS NOT NULL ON CONFLICT DO NOTHING"
    children = f"json_each({document}, '$.manifests') AS child"
    yield (
        f"{insert} json_extract(child.value, '$.digest'), 0 FROM {rows and f'{rows}, '}{children} "
        f"WHERE child.type = 'object' AND child.key < {_IMAGES_MAX} ON CONFLICT DO NOTHING"
    )


def _sqlite_trigger(table: str, change: str, *statements: str) -> str:
    return f"CREATE TRIGGER {_name(table, change)} AFTER {change} ON {table} BEGIN {'; '.join(statements)}; END"


def _postgresql() -> Iterator[str]:
    yield _PARTS_OF_MANIFEST
    team, artifact = _postgresql_split("NEW.name")
    yield from _postgresql_trigger(
        "repositories",
        "INSERT",
        f"INSERT INTO artifacts (artifact, team) VALUES ({artifact}, {team})",
        f"INSERT INTO teams (name, artifacts, tags) VALUES ({team}, 0, 0) ON CONFLICT DO NOTHING",
        "IF FOUND THEN UPDATE totals SET value = value + 1 WHERE name = 'teams'; END IF",
        f"UPDATE teams SET artifacts = artifacts + 1 WHERE name = {team}",
    )
    yield from _postgresql_trigger(
        "blobs",
        "INSERT",
        ONE_COUNTS_A_BLOB,
        f"UPDATE totals SET value = value + NEW.size WHERE name = 'storage' AND shard = pg_backend_pid() % {SHARDS} "
        f"AND {_IS_NEW_BLOB}",
    )
    yield from _postgresql_trigger("events", "INSERT", _ADD_IF_PUSH)
    parts = f"{_ADD_PART} SELECT NEW.repository, NEW.digest, part, is_config FROM parts_of_manifest(NEW.data)"
    yield from _postgresql_trigger("manifests", "INSERT", f"{parts} ON CONFLICT DO NOTHING")
    of_team = f"name = {_postgresql_split('NEW.repository')[0]}"
    add_tag = f"UPDATE teams SET tags = tags + 1 WHERE {of_team}"
    yield from _postgresql_trigger("tags", "INSERT", add_tag, _find_new_tag("postgresql"))
    yield from _postgresql_trigger(
        "tags", "UPDATE OF digest", _forget_old_tag("postgresql"), _find_new_tag("postgresql")
    )


_PARTS_OF_MANIFEST = f"""\
CREATE FUNCTION parts_of_manifest(data bytea) RETURNS TABLE (part text, is_config boolean) LANGUAGE plpgsql AS $$
DECLARE
    document json;
BEGIN
    document = convert_from(data, 'UTF8')::json;
    RETURN QUERY SELECT document #>> '{{config,digest}}', true WHERE document #>> '{{config,digest}}' IS NOT NULL;
    IF json_typeof(document -> 'manifests') = 'array' THEN
        RETURN QUERY SELECT child ->> 'digest', false
            FROM json_array_elements(document -> 'manifests') WITH ORDINALITY AS children (child, number)
            WHERE number <= {_IMAGES_MAX} AND json_typeof(child) = 'object';
    END IF;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    -- Text that JSON can write and PostgreSQL cannot hold, such as U+0000 in an annotation.
    RETURN;
END $$"""


def _postgresql_split(name: str) -> tuple[str, str]:
    return f"split_part({name}, '/', 1)", f"substr({name}, strpos({name}, '/') + 1)"


def _postgresql_trigger(table: str, change: str, *statements: str) -> Iterator[str]:
    name = _name(table, change)
    body = "".join(f"{statement}; " for statement in statements)
    yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}RETURN NULL; END $$"
    yield f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def _name(table: str, change: str) -> str:
    return f"{table}_counted_on_{change.partition(' ')[0].lower()}"
