"""`pierone-server`: serve the registry, upgrade its database, look for damage, or hash a password."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from typing import get_origin

from pydantic import ValidationError

from pierone_core.errors import RegistryError
from pierone_http import database_command, fsck_command, logs, serving, setting_names
from pierone_http.container import Container, hash_password
from pierone_http.setting_names import CONFIG_FILE_VARIABLE
from pierone_http.settings import Settings

_OPEN = """\
Without a source of identity everybody may push, so the registry serves this machine only, not {host}.
Set PIERONE_USERS_FILE to a file of users (make hashes with `pierone-server hash-password`), or one of
PIERONE_TOKENINFO_URL, PIERONE_INTROSPECTION_URL and PIERONE_JWT_ISSUER; or serve 127.0.0.1 and put a
proxy that knows its users in front."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 2 for settings that cannot be served."""
    options = vars(_parser().parse_args(arguments))
    command = options.pop("command")
    if command == "hash-password":
        _print_hash(_read_password())
    elif command == "db":
        database_command.run(_settings(options))
    elif command == "fsck":
        fsck_command.run(_settings({}), options["verify"], rebuild=options["rebuild"])
    else:
        serve(_settings(options))


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished."""
    if settings.is_open_to_others:
        sys.exit(_OPEN.format(host=settings.host))
    logs.configure(settings)
    try:
        app = Container(settings=settings).app()
    except (RegistryError, OSError, ValueError) as error:
        sys.exit(f"pierone-server: {error}")
    serving.serve(app, settings)


def _settings(options: dict[str, str | None]) -> Settings:
    try:
        given = {name: _value(name, text) for name, text in options.items() if text is not None}
        return Settings.model_validate(given)
    except ValidationError as error:
        text = setting_names.sentence(error, Settings.model_fields)
    except ValueError as error:
        text = str(error)
    print(f"pierone-server: {text}", file=sys.stderr)  # noqa: T201
    sys.exit(2)


def _value(name: str, text: str) -> object:
    if get_origin(Settings.model_fields[name].annotation) is not list:
        return text
    return setting_names.read_list(setting_names.variable(name), text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pierone-server", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser(
        "serve",
        help="serve the registry",
        epilog=f"Settings may also stand in a TOML file that {CONFIG_FILE_VARIABLE} names.",
    )
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f", default {field.default}"
        about = f"{field.description} [PIERONE_{name.upper()}{default}]".replace("%", "%%")
        serving.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", help=about)
    database_command.add_to(commands)
    fsck_command.add_to(commands)
    commands.add_parser("hash-password", help="read a password from standard input, print its bcrypt hash")
    return parser


def _print_hash(password: str) -> None:
    if not password:
        sys.exit("pierone-server: an empty password protects nothing")
    try:
        print(hash_password(password))  # noqa: T201 - the output
    except ValueError as error:
        sys.exit(f"pierone-server: {error}")


def _read_password() -> str:
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    main()
