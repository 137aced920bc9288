"""`describe`: everything that the registry knows of a tag."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from pierone_cli.commands.lists import tags_path
from pierone_cli.errors import NotFound
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import print_rows
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.registry import Registry


@click.command()
@click.argument("team", type=Team())
@click.argument("artifact")
@click.argument("tag")
@output_option
@with_registry
def describe(registry: "Registry", team: str, artifact: str, tag: str, output: str) -> None:
    """Show what is known of a tag.

    Digest, size, platforms, author, source, labels.
    """
    try:
        found = registry.json(tags_path(team, artifact, tag))
    except NotFound as error:
        raise NotFound(f"tag {tag} of {team}/{artifact} does not exist; `pierone tags` lists what does") from error
    if output == "json":
        click.echo(json.dumps(found, sort_keys=True))
    else:
        print_rows(["name", "value"], [{"name": name, "value": value} for name, value in _facts(found)], output)


def _facts(content: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Nested objects as names with dots, so that each fact is a line."""
    facts: list[tuple[str, object]] = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            facts += _facts(value, f"{prefix}{name}.")
        else:
            facts.append((prefix + name, ", ".join(map(_item, value)) if isinstance(value, list) else value))
    return facts


def _item(value: object) -> str:
    """A platform as people write it, such as `linux/arm64/v8`, or whatever else stands in a list."""
    if not isinstance(value, Mapping):
        return str(value)
    return "/".join(str(value[name]) for name in ("os", "architecture", "variant") if value.get(name))
