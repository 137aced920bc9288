"""`cves`: kept for scripts that call it."""

from collections.abc import Sequence

import click

from pierone_cli.output import say


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def cves(arguments: Sequence[str]) -> None:  # noqa: ARG001 - whatever scripts give
    """Deprecated: finds nothing.

    Pier One does not look for vulnerabilities; this is kept for scripts that call it.
    """
    say("DEPRECATED: `pierone cves` finds nothing any more; scan images with a scanner of your choice.")
