"""`image`, `resolve` and `exists`: from a digest to tags, and from a tag to its digest."""

import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from pierone_cli.errors import Ambiguous, ClientError, NotFound, printable
from pierone_cli.group import open_registry, output_option, token_option, url_option, with_registry
from pierone_cli.output import print_rows, say
from pierone_cli.reference import ImageReference, Reference

if TYPE_CHECKING:
    from pierone_cli.registry import Registry

_MISSING, _UNKNOWN = 1, 3  # exit codes of `exists`: the image is not there; it is not known whether it is


@click.command()
@click.argument("image")
@output_option
@with_registry
def image(registry: "Registry", image: str, output: str) -> None:
    """List the tags that hold an image.

    IMAGE is a digest, or the beginning of one.
    """
    try:
        rows = list(registry.rows(f"/tags/{quote(image, safe='')}"))
    except NotFound:
        say(f"Image {image} not found")
    except Ambiguous:
        say(f"Prefix {image} matches more than one image.")
    else:
        print_rows(["team", "artifact", "name"], rows, output, titles={"name": "Tag"})


@click.command()
@click.argument("image", type=ImageReference())
@url_option
@token_option
def resolve(image: Reference, url: str | None, token: str | None) -> None:
    """Print the digest that a tag holds.

    IMAGE is [REGISTRY/]TEAM/ARTIFACT:TAG; nothing else is printed.
    """
    click.echo(printable(_digest(image, url, token)))


@click.command()
@click.argument("image", type=ImageReference())
@url_option
@token_option
def exists(image: Reference, url: str | None, token: str | None) -> None:
    """Tell by exit code whether an image exists.

    IMAGE is [REGISTRY/]TEAM/ARTIFACT:TAG. The code is 0 if it exists, 1 if not, and 3 if that cannot be found out.
    """
    try:
        _digest(image, url, token)
    except NotFound:
        sys.exit(_MISSING)
    except ClientError as error:
        error.show()
        sys.exit(_UNKNOWN)


def _digest(image: Reference, url: str | None, token: str | None) -> str:
    registry = open_registry(url, token, written=image.registry)
    try:
        return registry.digest(image.repository, image.name)
    except NotFound as error:
        raise NotFound(f"{image} does not exist in {registry.address.host}; `pierone tags` lists what does") from error
