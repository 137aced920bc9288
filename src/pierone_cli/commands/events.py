"""`events`: who bound which tag to which digest, and when."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from pierone_cli.commands.lists import NO_ARTIFACT
from pierone_cli.errors import NotFound
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import Row, print_rows, seconds
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

_COLUMNS = ("sequence", "kind", "tag", "digest", "previous", "created_time", "created_by")
_WIDTHS = {"digest": 19, "previous": 19}  # the algorithm and twelve digits


@click.command()
@click.argument("team", type=Team())
@click.argument("artifact")
@output_option
@with_registry
def events(registry: "Registry", team: str, artifact: str, output: str) -> None:
    """List who bound which tag to what, and when.

    Every change of an artifact since its first push, the oldest first.
    """
    try:
        found = list(registry.rows(f"/teams/{quote(team)}/artifacts/{quote(artifact)}/events", "time", "caller"))
    except NotFound as error:
        raise click.UsageError(NO_ARTIFACT) from error
    print_rows(_COLUMNS, [_row(event) for event in found], output, _WIDTHS)


def _row(event: dict[str, Any]) -> Row:
    return event | {"created_time": seconds(event["time"]), "created_by": event["caller"]}
