"""Which token is for which registry: an order that a person can predict.

What was given to the command, then what the environment says, then what `pierone login` has kept.
"""

import sys
import time
from collections.abc import Sequence

from pierone_cli.configuration import state_directory
from pierone_cli.credential import TOKEN_USER, Credential
from pierone_cli.errors import ClientError, NoCredential
from pierone_cli.tokens.kept import Kept, KeptCredentials
from pierone_cli.tokens.service import service_credential

READ = ("uid",)
WRITE = ("uid", "application.write")
# A token that ends sooner is replaced: one push may ask for credentials only once.
_SECONDS_LEFT = 60.0


def kept_credentials() -> KeptCredentials:
    """The logins of people on this machine."""
    return KeptCredentials(state_directory() / "tokens.json")


def given_credential(token: str | None) -> Credential | None:
    """What `--token` says; `-` stands for the first line of standard input."""
    if token is None:
        return None
    secret = sys.stdin.readline().strip() if token == "-" else token.strip()  # noqa: S105 - no token
    if not secret:
        raise ClientError("the token is empty; give it as --token TOKEN, or as --token - on standard input")
    return Credential(TOKEN_USER, secret, "--token")


def find_credential(host: str, scopes: Sequence[str]) -> Credential | None:
    """A credential for `host` that needs no person now, or None; raises `ClientError`."""
    service = service_credential(scopes)
    if service is not None:
        return service
    kept = current(host)
    return kept.credential if kept else None


def current(host: str) -> Kept | None:
    """What is kept for `host`, renewed if it is about to end; raises `NoCredential` when the login is over."""
    kept = kept_credentials().get(host)
    if kept is None or _lasts(kept):
        return kept
    return kept_credentials().change(host, _renewed)


def _renewed(kept: Kept | None) -> Kept | None:
    if kept is None or _lasts(kept):  # another process was faster
        return kept
    from pierone_cli.tokens.authorization_server import OAuthRefusal, refresh  # noqa: PLC0415 - rarely needed
    from pierone_cli.web import Web  # noqa: PLC0415 - the same

    try:
        if kept.refresh_token:
            with Web() as web:
                return refresh(kept, web)
    except OAuthRefusal as refusal:
        if refusal.code != "invalid_grant":
            raise
    except ClientError:
        if kept.expires_at > time.time():
            return kept  # the server does not answer, but the token still does
        raise
    raise NoCredential("your login has ended; run `pierone login`")


def _lasts(kept: Kept) -> bool:
    return not kept.expires_at or kept.expires_at - time.time() > _SECONDS_LEFT
