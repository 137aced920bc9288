"""An OAuth 2.0 authorization server, as a public client (without a secret) sees it.

Metadata: RFC 8414, and OpenID Connect Discovery. Refresh: RFC 6749 section 6. Resource indicators: RFC 8707.
"""

import time
from collections.abc import Mapping
from typing import Any

import httpx2

from pierone_cli.configuration import Configuration
from pierone_cli.errors import ClientError, Refused
from pierone_cli.tokens.kept import Kept
from pierone_cli.web import Web, is_error, problem

_METADATA = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
_OK = 200


class OAuthRefusal(Refused):
    """The token endpoint said no; `code` is one of RFC 6749 section 5.2 or RFC 8628 section 3.5."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class AuthorizationServer:
    """Where people log in, and the identity of this program there."""

    def __init__(self, configuration: Configuration, web: Web) -> None:
        """Its metadata are fetched when they are first needed."""
        self._configuration, self._web = configuration, web
        self._metadata: dict[str, Any] = {}

    @property
    def issuer(self) -> str:
        """Its name."""
        return self._configuration.oauth2_issuer.rstrip("/")

    @property
    def client_id(self) -> str:
        """The name of this program there."""
        return self._configuration.oauth2_client_id

    def supports(self, name: str) -> bool:
        """Whether the metadata have `name`."""
        return bool(self.metadata().get(name))

    def endpoint(self, name: str) -> str:
        """The URL of an endpoint; raises `ClientError` where the server has none."""
        if self.supports(name):
            return str(self.metadata()[name])
        raise ClientError(f"{self.issuer} has no {name}; log in in another way, or check PIERONE_OAUTH2_ISSUER")

    def metadata(self) -> Mapping[str, Any]:
        """What the server says about itself; raises `ClientError`."""
        for path in () if self._metadata else _METADATA:
            response = self._web.send("GET", self.issuer + path)
            found = _json(response)
            if response.status_code == _OK and str(found.get("issuer", "")).rstrip("/") == self.issuer:
                self._metadata = found
                break
        if not self._metadata:
            raise ClientError(f"{self.issuer} is no authorization server; check PIERONE_OAUTH2_ISSUER")
        return self._metadata

    def request_parts(self) -> dict[str, str]:
        """What every request for authorization names."""
        scope = {"scope": self._configuration.oauth2_scope} if self._configuration.oauth2_scope else {}
        return {"client_id": self.client_id} | scope | self._resource()

    def ask(self, name: str, form: Mapping[str, str]) -> dict[str, Any]:
        """POST a form to an endpoint; raises `OAuthRefusal`."""
        return post_form(self._web, self.endpoint(name), form)

    def tokens(self, form: Mapping[str, str]) -> Kept:
        """What the token endpoint gives for `form`; raises `OAuthRefusal`."""
        parts = {"client_id": self.client_id} | self._resource()
        return read_tokens(self.ask("token_endpoint", parts | dict(form)), self.endpoint("token_endpoint"), parts)

    def _resource(self) -> dict[str, str]:
        resource = self._configuration.oauth2_resource
        return {"resource": resource} if resource else {}


def refresh(kept: Kept, web: Web) -> Kept:
    """The next token; raises `OAuthRefusal` when the login is over."""
    form = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token, "client_id": kept.client_id}
    form |= {"resource": kept.resource} if kept.resource else {}
    answer = post_form(web, kept.token_endpoint, form)
    # A server that does not hand out a new refresh token wants the old one again.
    return read_tokens({"refresh_token": kept.refresh_token} | answer, kept.token_endpoint, form)


def read_tokens(answer: Mapping[str, Any], endpoint: str, form: Mapping[str, str]) -> Kept:
    """The answer of a token endpoint (RFC 6749 section 5.1)."""
    if not answer.get("access_token"):
        raise ClientError(f"{endpoint} answers without an access_token; is it a token endpoint?")
    lifetime = float(answer.get("expires_in") or 0)
    return Kept(
        secret=str(answer["access_token"]),
        expires_at=time.time() + lifetime if lifetime else 0.0,
        refresh_token=str(answer.get("refresh_token", "")),
        token_endpoint=endpoint,
        client_id=form["client_id"],
        resource=form.get("resource", ""),
    )


def post_form(web: Web, url: str, form: Mapping[str, str]) -> dict[str, Any]:
    """POST a form; raises `OAuthRefusal`."""
    response = web.send("POST", url, data=dict(form), headers={"Accept": "application/json"})
    answer = _json(response)
    if is_error(response):
        raise OAuthRefusal(str(answer.get("error", "")), f"{url} refuses: {problem(response)}")
    return answer


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
