"""`completion`: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    For bash: eval "$(pierone completion bash)" in ~/.bashrc.
    """
    root = click.get_current_context().find_root().command
    completes = get_completion_class(shell)
    if completes is None:
        raise click.UsageError(f"nothing is known of {shell}")
    click.echo(completes(root, {}, "pierone", "_PIERONE_COMPLETE").source())
