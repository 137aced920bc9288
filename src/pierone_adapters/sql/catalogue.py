"""`Catalogue` and `History` in SQL: every list is a range of an index, every figure a row that triggers keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, desc, func, select

from pierone_adapters.sql.catalogue_schema import artifacts, image_parts, pushes, teams, totals
from pierone_adapters.sql.database import Database
from pierone_adapters.sql.events import event_of
from pierone_adapters.sql.images import SqlImages
from pierone_adapters.sql.schema import events, manifests, repositories, tags
from pierone_adapters.sql.scm_sources import SqlScmSources
from pierone_core.ports import CatalogueStore, TagEntry, TeamFigures, Totals
from pierone_core.records import Event
from pierone_core.values import Digest, Repository, Tag

_HOW_MANY = bindparam("how_many", type_=Integer())
_AFTER_ALL = 2**63 - 1
# Greater than whatever follows in a name or a digest.
_END = "~"

TEAMS = select(teams).where(teams.c.name > bindparam("after")).order_by(teams.c.name).limit(_HOW_MANY)
TEAM = select(teams).where(teams.c.name == bindparam("name"))
TOTALS = select(totals.c.name, func.sum(totals.c.value).label("value")).group_by(totals.c.name)
REPOSITORIES = (
    select(repositories.c.name)
    .where(repositories.c.name > bindparam("after"), repositories.c.name < bindparam("end"))
    .order_by(repositories.c.name)
    .limit(_HOW_MANY)
)
REPOSITORIES_FROM = (
    select(repositories.c.name)
    .where(repositories.c.name >= bindparam("prefix"), repositories.c.name < bindparam("end"))
    .order_by(repositories.c.name)
    .limit(_HOW_MANY)
)
ARTIFACTS_FROM = (
    select(artifacts.c.team, artifacts.c.artifact)
    .where(artifacts.c.artifact >= bindparam("prefix"), artifacts.c.artifact < bindparam("end"))
    .order_by(artifacts.c.artifact, artifacts.c.team)
    .limit(_HOW_MANY)
)
POSITION = select(tags.c.created).where(tags.c.repository == bindparam("repository"), tags.c.name == bindparam("tag"))
_TAGS = select(tags).where(tags.c.repository == bindparam("repository"))


def _entries(page: Select[Any]) -> Select[Any]:
    """What is told of each tag of a page, which is read first: else PostgreSQL may join events from the first on."""
    chosen = page.subquery("page")
    return (
        select(chosen, manifests.c.media_type, image_parts.c.part, events.c.at, events.c.caller)
        .join(events, events.c.sequence == chosen.c.created)
        .join(manifests, (manifests.c.repository == chosen.c.repository) & (manifests.c.digest == chosen.c.digest))
        .outerjoin(
            image_parts,
            (image_parts.c.repository == chosen.c.repository)
            & (image_parts.c.manifest == chosen.c.digest)
            & image_parts.c.is_config.is_(True),
        )
    )


ENTRY = _entries(_TAGS.where(tags.c.name == bindparam("tag")))
_OLDEST = _TAGS.where(tags.c.created > bindparam("after")).order_by(tags.c.created).limit(_HOW_MANY)
OLDEST_FIRST = _entries(_OLDEST).order_by("created")
_NEWEST = _TAGS.where(tags.c.created < bindparam("after")).order_by(tags.c.created.desc()).limit(_HOW_MANY)
NEWEST_FIRST = _entries(_NEWEST).order_by(desc("created"))
_OF_REPOSITORY = select(events).where(events.c.repository == bindparam("repository")).limit(_HOW_MANY)
EVENTS = _OF_REPOSITORY.where(events.c.sequence > bindparam("after")).order_by(events.c.sequence)
EVENTS_BACK = _OF_REPOSITORY.where(events.c.sequence < bindparam("after")).order_by(events.c.sequence.desc())
_PUSHES = (
    select(pushes.c.sequence)
    .where(pushes.c.sequence < bindparam("after"))
    .order_by(pushes.c.sequence.desc())
    .limit(_HOW_MANY)
    .subquery("page")
)
PUSHES = select(events).join(_PUSHES, _PUSHES.c.sequence == events.c.sequence).order_by(_PUSHES.c.sequence.desc())


def sql_catalogue(database: Database) -> CatalogueStore:
    """The catalogue's ports over one database."""
    return CatalogueStore(SqlCatalogue(database), SqlImages(database), SqlHistory(database), SqlScmSources(database))


@dataclass(frozen=True)
class SqlCatalogue:
    """See `Catalogue`."""

    _database: Database

    def teams(self, after: str, limit: int) -> Sequence[TeamFigures]:
        """See `Catalogue`."""
        return list(map(_figures, self._database.read(TEAMS, {"after": after, "how_many": limit})))

    def team(self, name: str) -> TeamFigures:
        """See `Catalogue`."""
        rows = self._database.read(TEAM, {"name": name})
        return _figures(rows[0]) if rows else TeamFigures(name, 0, 0)

    def totals(self) -> Totals:
        """See `Catalogue`."""
        values = {row.name: int(row.value) for row in self._database.read(TOTALS, {})}
        return Totals(values["teams"], values["storage"])

    def artifacts(self, team: str, after: str, limit: int) -> Sequence[str]:
        """See `Catalogue`."""
        start = f"{team}/"
        parameters = {"after": start + after, "end": start + _END, "how_many": limit}
        return [row.name.removeprefix(start) for row in self._database.read(REPOSITORIES, parameters)]

    def find(self, prefix: str, limit: int) -> Sequence[Repository]:
        """See `Catalogue`."""
        parameters = {"prefix": prefix, "end": prefix + _END, "how_many": limit}
        names = {row.name for row in self._database.read(REPOSITORIES_FROM, parameters)}
        names |= {f"{row.team}/{row.artifact}" for row in self._database.read(ARTIFACTS_FROM, parameters)}
        return [Repository(name) for name in sorted(names)[:limit]]

    def tags(self, repository: Repository, after: Tag | None, limit: int, *, newest_first: bool) -> Sequence[TagEntry]:
        """See `Catalogue`."""
        position = _AFTER_ALL if newest_first else 0
        if after:
            position = self._database.read(POSITION, {"repository": repository.name, "tag": after.name})[0].created
        parameters = {"repository": repository.name, "after": position, "how_many": limit}
        return list(map(_entry, self._database.read(NEWEST_FIRST if newest_first else OLDEST_FIRST, parameters)))

    def tag(self, repository: Repository, tag: Tag) -> TagEntry | None:
        """See `Catalogue`."""
        rows = self._database.read(ENTRY, {"repository": repository.name, "tag": tag.name})
        return _entry(rows[0]) if rows else None


@dataclass(frozen=True)
class SqlHistory:
    """See `History`."""

    _database: Database

    def of_repository(
        self, repository: Repository, after: int | None, limit: int, *, newest_first: bool
    ) -> Sequence[Event]:
        """See `History`."""
        if after is None:
            after = _AFTER_ALL if newest_first else 0
        parameters = {"repository": repository.name, "after": after, "how_many": limit}
        return list(map(event_of, self._database.read(EVENTS_BACK if newest_first else EVENTS, parameters)))

    def pushes(self, after: int | None, limit: int) -> Sequence[Event]:
        """See `History`."""
        parameters = {"after": _AFTER_ALL if after is None else after, "how_many": limit}
        return list(map(event_of, self._database.read(PUSHES, parameters)))


def _figures(row: Row[*tuple[object, ...]]) -> TeamFigures:
    return TeamFigures(row.name, row.artifacts, row.tags)


def _entry(row: Row[*tuple[object, ...]]) -> TagEntry:
    return TagEntry(
        repository=Repository(row.repository),
        tag=Tag(row.name),
        digest=Digest.parse(row.digest),
        image=Digest.parse(row.part or row.digest),
        media_type=row.media_type,
        immutable=row.immutable,
        created=row.at,
        created_by=row.caller,
        bound=row.bound_at,
        bound_by=row.author,
    )
