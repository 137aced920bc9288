"""`inspect-contents`: the files in the layers of an image."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pierone_cli.commands.lists import tags_of
from pierone_cli.errors import ClientError, NotFound
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import Row, print_rows
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

_COLUMNS = ("layer_index", "layer_id", "mode", "name", "size", "created_time")
_WIDTHS = {"layer_id": 19}  # the algorithm and twelve digits
_PLATFORM = "linux/amd64"
Advance = Callable[[int], None]


@click.command("inspect-contents")
@click.argument("team", type=Team())
@click.argument("artifact")
@click.argument("tag", nargs=-1)
@click.option(
    "-l", "--limit", type=click.IntRange(min=1), default=1, show_default=True, help="How many layers, top first."
)
@click.option("--platform", default=_PLATFORM, show_default=True, help="Which image of an index for several platforms.")
@output_option
@with_registry
def inspect_contents(  # noqa: PLR0913 - click hands over each option
    registry: "Registry", *, team: str, artifact: str, tag: Sequence[str], limit: int, platform: str, output: str
) -> None:
    """List the files in the layers of tags.

    The topmost layer comes first. Without a tag, all tags are looked into.
    """
    repository = f"{team}/{artifact}"
    names = tag or [found["name"] for found in tags_of(registry, team, artifact)]
    layers = [layer for name in names for layer in _layers(registry, repository, name, platform)[:limit]]
    with _progress(sum(int(layer["size"]) for _, layer in layers)) as advance:
        rows = [row for index, layer in layers for row in _rows(registry, repository, index, layer, advance)]
    print_rows(_COLUMNS, rows, output, _WIDTHS)


def _layers(registry: "Registry", repository: str, name: str, platform: str) -> list[tuple[int, dict[str, Any]]]:
    """The layers of an image with their places, the topmost first."""
    manifest = _manifest(registry, repository, name)
    if "manifests" in manifest:
        manifest = _manifest(registry, repository, _chosen(manifest["manifests"], platform))
    return list(enumerate(reversed(manifest.get("layers", []))))


def _manifest(registry: "Registry", repository: str, name: str) -> dict[str, Any]:
    from pierone_cli.registry import MANIFEST_TYPES, manifest_path  # noqa: PLC0415 - loaded long since

    try:
        manifest = registry.get(manifest_path(repository, name), accept=", ".join(MANIFEST_TYPES)).json()
    except NotFound as error:
        raise NotFound(f"{repository}:{name} does not exist; `pierone tags` lists what does") from error
    return dict(manifest)


def _chosen(manifests: Sequence[Mapping[str, Any]], platform: str) -> str:
    found = {_platform(manifest): str(manifest["digest"]) for manifest in reversed(manifests)}
    if platform in found:
        return found[platform]
    raise ClientError(f"there is no image for {platform}; --platform can be {', '.join(sorted(found))}")


def _platform(manifest: Mapping[str, Any]) -> str:
    platform = manifest.get("platform", {})
    parts = (platform.get(name) for name in ("os", "architecture", "variant"))
    return "/".join(part for part in parts if part)


def _rows(
    registry: "Registry", repository: str, index: int, layer: Mapping[str, Any], advance: Advance
) -> Iterator[Row]:
    from pierone_cli.layers import entries  # noqa: PLC0415 - no other command needs zstandard

    digest = str(layer["digest"])
    with registry.blob(repository, digest) as pieces:
        for entry in entries(_counted(pieces, advance), digest):
            facts = {"mode": entry.mode, "name": entry.name, "size": entry.size, "created_time": entry.modified}
            yield facts | {"layer_index": index, "layer_id": digest}


def _counted(pieces: Iterator[bytes], advance: Advance) -> Iterator[bytes]:
    for piece in pieces:
        advance(len(piece))
        yield piece


@contextmanager
def _progress(total: int) -> Iterator[Advance]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load, and only people see it
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn  # noqa: PLC0415 - the same

    console = Console(stderr=True)
    with Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("layers", total=total)
        yield lambda size: progress.advance(task, size)
