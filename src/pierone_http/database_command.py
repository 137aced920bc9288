"""`pierone-server db upgrade`: bring the schema of a PostgreSQL database up to this version."""

import sys
from argparse import ArgumentParser
from typing import Protocol

from pierone_core.errors import RegistryError
from pierone_http import storage_wiring
from pierone_http.settings import Settings


class Commands(Protocol):
    """What argparse collects commands in."""

    def add_parser(self, name: str, *, help: str) -> ArgumentParser:  # noqa: A002 - argparse's name
        """Add a command."""


def add_to(commands: Commands) -> None:
    """Add `db upgrade` to the command line; it takes the settings of the environment and the file."""
    about = "bring the database of PIERONE_DATABASE_URL to the schema of this version"
    parser = commands.add_parser("db", help=about)
    steps = parser.add_subparsers(required=True, metavar="upgrade")
    steps.add_parser("upgrade", help=f"{about}; safe to repeat, and to run from several machines at once")


def run(settings: Settings) -> None:
    """Upgrade and say what happened; exits with 1 if the database was not changed."""
    try:
        changed = storage_wiring.upgrade_database(settings)
    except (RegistryError, ValueError) as error:
        sys.exit(f"pierone-server: {error}")
    print("the database has the newest schema now" if changed else "the database had the newest schema already")  # noqa: T201
