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
            show_origin(self)
        super().show(file)

    def format_message(self) -> str:
        """The line; much of it may come from a server."""
        return printable(" ".join(self.message.splitlines()))


class NotFound(ClientError):
    """The registry does not have what was asked for."""


class Ambiguous(ClientError):
    """What was asked for may be several things."""


class Refused(ClientError):
    """The registry, or whoever gives tokens, does not take the credential."""


class NoCredential(ClientError):
    """There is no token, and none can be had without a person."""


def printable(text: str) -> str:
    """`text` for a terminal: what others wrote (a server, an author) must not move the cursor of who reads it."""
    return "".join(character if character.isprintable() else "�" for character in text)


def show_origin(error: BaseException) -> None:
    """Print to standard error where `error` comes from."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        click.echo(printable(line), err=True)


def is_debugging() -> bool:
    """Whether the command line has --debug; an error may come before anybody has read it."""
    return "--debug" in sys.argv[1:]
