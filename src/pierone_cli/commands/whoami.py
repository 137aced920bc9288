"""`whoami`: as whom a registry sees the token that would be used."""

import base64
import json
from typing import TYPE_CHECKING

import click

from pierone_cli.errors import ClientError
from pierone_cli.group import output_option, with_registry
from pierone_cli.output import print_rows

if TYPE_CHECKING:
    from pierone_cli.registry import Registry


@click.command()
@output_option
@with_registry
def whoami(registry: "Registry", output: str) -> None:
    """Show as whom the registry sees you.

    And where the token comes from that would be used.
    """
    source = registry.credential.source if registry.credential else "no token"
    row = {"user": _subject(registry), "registry": registry.address.host, "token_of": source}
    print_rows(["user", "registry", "token_of"], [row], output)


def _subject(registry: "Registry") -> str:
    """Whom the registry's own token names: it is issued for whoever asks, and needs no proof from us to be read."""
    try:
        claims = registry.json("/v2/token")["token"].split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ClientError(f"{registry.address.host} does not say who you are; is it a Pier One?") from error
