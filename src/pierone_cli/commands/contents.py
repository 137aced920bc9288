"""`inspect-contents`: the files in the layers of an image."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pierone_cli.commands.lists import tags_of
from pierone_cli.errors import ClientError, NotFound
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import pieces
from pierone_cli.reference import Team

if TYPE_CHECKING:
    from pierone_cli.layers import Entry
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
    shape = _for_people if output == "text" else _as_ever
    with _progress(sum(layer.get("size", 0) for _, layer in layers)) as bar:
        found = (item for index, layer in layers for item in _entries(registry, repository, index, layer, bar.advance))
        rows = (shape(entry) | {"layer_index": index, "layer_id": digest} for index, digest, entry in found)
        for piece in pieces(_COLUMNS, rows, output, _WIDTHS):
            bar.make_way()
            click.echo(piece, nl=False)


def _layers(registry: "Registry", repository: str, name: str, platform: str) -> list[tuple[int, dict[str, Any]]]:
    """The layers of an image with their places, the topmost first."""
    manifest = _manifest(registry, repository, name)
    if "manifests" in manifest:
        chosen = _chosen(_descriptors(manifest, "manifests"), platform)
        manifest = _manifest(registry, repository, chosen)
    return list(enumerate(reversed(_descriptors(manifest, "layers"))))


def _descriptors(manifest: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    found = manifest.get(kind, [])
    if isinstance(found, list) and all(map(_is_descriptor, found)):
        return found
    raise ClientError(f"{kind} of the manifest are not those of an image; tell the registry's owners")


def _is_descriptor(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    parts = {"digest": str, "size": int, "platform": dict}
    return "digest" in found and all(isinstance(found[name], kind) for name, kind in parts.items() if name in found)


def _manifest(registry: "Registry", repository: str, name: str) -> dict[str, Any]:
    from pierone_cli.registry import MANIFEST_TYPES, manifest_path  # noqa: PLC0415 - loaded long since

    try:
        return registry.json(manifest_path(repository, name), accept=", ".join(MANIFEST_TYPES))
    except NotFound as error:
        raise NotFound(f"{repository}:{name} does not exist; `pierone tags` lists what does") from error


def _chosen(manifests: Sequence[Mapping[str, Any]], platform: str) -> str:
    found = {_platform(manifest): str(manifest["digest"]) for manifest in reversed(manifests)}
    if platform in found:
        return found[platform]
    raise ClientError(f"there is no image for {platform}; --platform can be {', '.join(sorted(found))}")


def _platform(manifest: Mapping[str, Any]) -> str:
    platform = manifest.get("platform", {})
    parts = (platform.get(name) for name in ("os", "architecture", "variant"))
    return "/".join(str(part) for part in parts if part)


def _entries(
    registry: "Registry", repository: str, index: int, layer: Mapping[str, Any], advance: Advance
) -> Iterator[tuple[int, str, "Entry"]]:
    from pierone_cli.layers import entries  # noqa: PLC0415 - no other command needs zstandard

    digest = layer["digest"]
    with registry.blob(repository, digest) as blob:
        for entry in entries(_counted(blob, advance), digest):
            yield index, digest, entry


def _as_ever(entry: "Entry") -> dict[str, object]:
    # Scripts know the last four characters of what Python writes for the mode, such as `o644` or `4755`.
    facts = {"name": entry.name, "size": entry.size, "created_time": entry.modified}
    return facts | {"mode": oct(entry.mode)[-4:]}


def _for_people(entry: "Entry") -> dict[str, object]:
    return _as_ever(entry) | {"mode": f"{entry.mode & 0o7777:04o}", "name": entry.shown}


def _counted(blob: Iterator[bytes], advance: Advance) -> Iterator[bytes]:
    for piece in blob:
        advance(len(piece))
        yield piece


@dataclass(frozen=True, slots=True)
class _Bar:
    """How far it is; `make_way` for what is printed to the same terminal."""

    advance: Advance = lambda _: None
    make_way: Callable[[], None] = lambda: None


@contextmanager
def _progress(total: int) -> Iterator[_Bar]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _Bar()
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load, and only people see it
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn  # noqa: PLC0415 - the same

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("layers", total=total)
        stop = progress.live.stop if sys.stdout.isatty() else lambda: None
        yield _Bar(lambda size: progress.advance(task, size), stop)
