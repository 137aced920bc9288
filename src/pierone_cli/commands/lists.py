"""`teams`, `artifacts`, `tags` and `latest`."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from pierone_cli.errors import ClientError, NotFound, printable
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import Row, print_rows, seconds
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

_TAG_COLUMNS = ("team", "artifact", "tag", "created_time", "created_by", "status", "status_reason")
# How many tags of each artifact are listed: of those that were asked for, and of all of a team.
_LIMIT, _LIMIT_OF_MANY = 20, 3
# Tags under which tools keep signatures of another image are no versions, and `latest` of the registry is none of them.
_IS_SIGNATURE = re.compile(r"sha(256|512)-[0-9a-f]{64}(\..+)?").fullmatch
Tag = dict[str, Any]
NO_ARTIFACT = "Artifact or Team does not exist! Please double check for spelling mistakes."
_NO_TEAM = (
    "The Team you are looking for does not exist or we could not find any artifacts registered in Pierone! "
    "Please double check for spelling mistakes."
)
# What the earlier client says of a tag about which its registry says nothing.
_NO_STATUS = "Not Processed"


@click.command()
@output_option
@with_registry
def teams(registry: "Registry", output: str) -> None:
    """List the teams that have artifacts."""
    print_rows(["name"], [{"name": name} for name in sorted(registry.names("/teams"))], output)


@click.command()
@click.argument("team", type=Team())
@output_option
@with_registry
def artifacts(registry: "Registry", team: str, output: str) -> None:
    """List the artifacts of a team."""
    rows = [{"team": team, "artifact": name} for name in artifact_names(registry, team)]
    print_rows(["team", "artifact"], rows, output)


@click.command()
@click.argument("team", type=Team())
@click.argument("artifact", nargs=-1)
@click.option("-l", "--limit", type=click.IntRange(min=1), help="How many of the newest tags of each artifact to list.")
@output_option
@with_registry
def tags(registry: "Registry", team: str, artifact: Sequence[str], limit: int | None, output: str) -> None:
    """List the newest tags of artifacts.

    The oldest of them comes first. Without an artifact, those of all artifacts of the team.
    """
    names = sorted(artifact) or artifact_names(registry, team)
    if not names:
        raise click.UsageError(_NO_TEAM)
    count = limit or (_LIMIT if artifact else _LIMIT_OF_MANY)
    rows = [_row(team, name, tag) for name in names for tag in tags_of(registry, team, name, count)]
    print_rows(_TAG_COLUMNS, rows, output)


@click.command()
@click.argument("team", type=Team())
@click.argument("artifact")
@output_option
@with_registry
def latest(registry: "Registry", team: str, artifact: str, output: str) -> None:  # noqa: ARG001 - taken, as it always was
    """Print the newest tag of an artifact.

    The newest is the one that was created last; nothing else is printed.
    """
    try:
        newest = _newest_first(registry, team, artifact, 1)
        found = next((tag["name"] for tag in newest if not _IS_SIGNATURE(tag["name"])), None)
    except NotFound:
        found = None
    if found is None:
        raise ClientError("Latest tag not found")
    click.echo(printable(found))


def artifact_names(registry: "Registry", team: str) -> list[str]:
    """All artifacts of a team, sorted."""
    return sorted(registry.names(f"/teams/{quote(team)}/artifacts"))


def tags_of(registry: "Registry", team: str, artifact: str, count: int | None = None) -> list[Tag]:
    """Tags of an artifact, the oldest first, all or the newest; a wrong use of the command if there is no artifact."""
    try:
        return list(islice(_newest_first(registry, team, artifact, count), count))[::-1]
    except NotFound as error:
        raise click.UsageError(NO_ARTIFACT) from error


def _newest_first(registry: "Registry", team: str, artifact: str, count: int | None) -> Iterator[Tag]:
    page = {"limit": str(count)} if count else {}
    found = registry.rows(tags_path(team, artifact), "name", "created", params={"order": "desc"} | page)
    first = next(found, None)
    if first is None:
        return
    if "digest" in first:
        yield first
        yield from found
    else:
        # Earlier servers know neither order nor pages; their lists are whole, and mostly in order.
        yield from sorted([first, *found], key=lambda tag: seconds(tag["created"]) or 0.0)[::-1]


def tags_path(team: str, artifact: str, tag: str | None = None) -> str:
    """Where tags of an artifact are, or one of them; an artifact's name may have slashes."""
    path = f"/teams/{quote(team)}/artifacts/{quote(artifact)}/tags"
    return path if tag is None else f"{path}/{quote(tag, safe='')}"


def _row(team: str, artifact: str, tag: Tag) -> Row:
    status = {name: tag.get(name, _NO_STATUS) for name in ("status", "status_reason")}
    creation = {"created_by": tag.get("created_by"), "created_time": seconds(tag["created"])}
    return status | creation | {"team": team, "artifact": artifact, "tag": tag["name"]}
