"""The one kind of failure that a person is meant to read."""

import click


class ClientError(click.ClickException):
    """One line that says what is wrong and what to do; printed to standard error, exit code 1."""


class NotFound(ClientError):
    """The registry does not have what was asked for."""


class Ambiguous(ClientError):
    """What was asked for may be several things."""


class Refused(ClientError):
    """The registry, or whoever gives tokens, does not take the credential."""


class NoCredential(ClientError):
    """There is no token, and none can be had without a person."""
