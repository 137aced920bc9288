"""The one kind of failure that a person is meant to read."""

import sys
import traceback
from typing import IO, Any

import click


class ClientError(click.ClickException):
    """One line that says what is wrong and what to do; printed to standard error, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line, and with --debug before it where it comes from."""
        if is_debugging():
            traceback.print_exception(self)
        super().show(file)


class NotFound(ClientError):
    """The registry does not have what was asked for."""


class Ambiguous(ClientError):
    """What was asked for may be several things."""


class Refused(ClientError):
    """The registry, or whoever gives tokens, does not take the credential."""


class NoCredential(ClientError):
    """There is no token, and none can be had without a person."""


def is_debugging() -> bool:
    """Whether the command line has --debug; an error may come before anybody has read it."""
    return "--debug" in sys.argv[1:]
