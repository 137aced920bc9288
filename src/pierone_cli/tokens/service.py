"""Tokens of service users, from the variables and files that STUPS gives to applications.

In this order: `OAUTH2_ACCESS_TOKENS` (`pierone=TOKEN,...`), the file `pierone-token-secret` in `CREDENTIALS_DIR`, and
the endpoint `OAUTH2_ACCESS_TOKEN_URL`, with `user.json` and `client.json` of `CREDENTIALS_DIR` (password grant), or
with `client.json` alone (client credentials, RFC 6749 section 4.4).
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote_plus

from pierone_cli.credential import TOKEN_USER, Credential
from pierone_cli.errors import ClientError

NAME = "pierone"
_URL_VARIABLES = ("OAUTH2_ACCESS_TOKEN_URL", "OAUTH_ACCESS_TOKEN_URL")


def service_credential(scopes: Sequence[str]) -> Credential | None:
    """A token with `scopes` where the environment has one, None where it has nothing of it; raises `ClientError`."""
    return _fixed_token() or _token_of_file() or _token_of_endpoint(scopes)


def source_of_environment() -> str:
    """What of the environment a token would come from; empty where there is nothing. Nobody is asked for it."""
    found = _fixed_token() or _token_of_file()
    return found.source if found else _endpoint().partition("?")[0]


def _fixed_token() -> Credential | None:
    pairs = (pair.partition("=") for pair in os.environ.get("OAUTH2_ACCESS_TOKENS", "").split(","))
    tokens = {name.strip(): token.strip() for name, _, token in pairs}
    return _credential(tokens.get(NAME, ""), "OAUTH2_ACCESS_TOKENS")


def _token_of_file() -> Credential | None:
    if not _has_directory():
        return None
    file = _directory() / f"{NAME}-token-secret"
    return _credential(_read(file).strip(), str(file)) if file.is_file() else None


def _token_of_endpoint(scopes: Sequence[str]) -> Credential | None:
    url = _endpoint()
    if not url:
        return None
    client = _keys("client.json", "client_id", "client_secret")
    form = {"scope": " ".join(scopes)} | _grant()
    return _credential(_ask(url, client, form), url.partition("?")[0])


def _endpoint() -> str:
    named = next((os.environ[name] for name in _URL_VARIABLES if os.environ.get(name)), "")
    return named if _has_directory() else ""


def _grant() -> dict[str, str]:
    if not (_directory() / "user.json").is_file():
        return {"grant_type": "client_credentials"}
    username, password = _keys("user.json", "application_username", "application_password")
    return {"grant_type": "password", "username": username, "password": password}


def _ask(url: str, client: tuple[str, str], form: Mapping[str, str]) -> str:
    from pierone_cli.web import Web, is_error, problem  # noqa: PLC0415 - fixed tokens need no HTTP

    # Both are encoded before they go into Basic authentication: RFC 6749 section 2.3.1.
    user, secret = map(quote_plus, client)
    with Web() as web:
        response = web.send("POST", url, data=dict(form), auth=(user, secret), headers={"Accept": "application/json"})
    if is_error(response):
        raise ClientError(f"{url.partition('?')[0]} gives no token: {problem(response)}; check {_directory()}")
    try:
        return str(response.json()["access_token"])
    except (ValueError, KeyError, TypeError) as error:
        raise ClientError(
            f"{url.partition('?')[0]} answers without an access_token; is it a token endpoint?"
        ) from error


def _keys(name: str, first: str, second: str) -> tuple[str, str]:
    file = _directory() / name
    try:
        content = json.loads(_read(file))
        return str(content[first]), str(content[second])
    except (ValueError, TypeError, KeyError) as error:
        raise ClientError(f"{file} must be a JSON object with {first} and {second}") from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClientError(f"cannot read {file}: {error}; CREDENTIALS_DIR must name the directory with it") from error


def _credential(token: str, source: str) -> Credential | None:
    return Credential(TOKEN_USER, token, source) if token else None


def _directory() -> Path:
    return Path(os.environ["CREDENTIALS_DIR"])


def _has_directory() -> bool:
    # Without it nothing is read: where somebody stands is where others put files.
    return bool(os.environ.get("CREDENTIALS_DIR"))
