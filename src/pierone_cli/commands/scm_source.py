"""`scm-source`: which source an image was built from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pierone_cli.commands.lists import NO_ARTIFACT, tags_of, tags_path
from pierone_cli.errors import NotFound
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import Row, print_rows, seconds
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

_COLUMNS = ("tag", "author", "url", "revision", "status", "created_time", "created_by")
_WIDTHS = {"revision": 10}


@click.command("scm-source")
@click.argument("team", type=Team())
@click.argument("artifact")
@click.argument("tag", nargs=-1)
@output_option
@with_registry
def scm_source(registry: "Registry", team: str, artifact: str, tag: Sequence[str], output: str) -> None:
    """Show the source behind tags.

    Repository, revision and author, as far as they are known, and who said so when. Without a tag, those of all tags.
    """
    known = {found["name"]: found for found in tags_of(registry, team, artifact)}
    if not known:
        raise click.UsageError(NO_ARTIFACT)
    rows = [_row(name, known.get(name, {}), source_of(registry, team, artifact, name)) for name in sorted(tag or known)]
    print_rows(_COLUMNS, rows, output, _WIDTHS)


def source_of(registry: "Registry", team: str, artifact: str, tag: str) -> dict[str, Any]:
    """What the registry knows of a tag's source; nothing where it knows nothing."""
    try:
        return registry.json(f"{tags_path(team, artifact, tag)}/scm-source")
    except NotFound:
        return {}


def _row(name: str, tag: dict[str, Any], source: dict[str, Any]) -> Row:
    said = source if "created_by" in source else tag  # earlier servers do not tell who said it, but who made the tag
    when = {"created_time": seconds(said.get("created")), "created_by": said.get("created_by", "")}
    return {column: source.get(column) for column in ("author", "url", "revision", "status")} | when | {"tag": name}
