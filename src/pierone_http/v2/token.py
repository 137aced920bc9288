"""The token endpoint of the Docker flow, `GET` and `POST /v2/token`.

Source: Docker registry token authentication, and its OAuth2 variant.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import Response

from pierone_core import token_scope
from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import PUSH, BearerToken, Caller, Credentials, Grants
from pierone_core.errors import QueryInvalid, Unauthorized
from pierone_core.ports import TokenIssuer
from pierone_core.values import Repository
from pierone_http.auth import Authentication, password_credentials
from pierone_http.body import Body
from pierone_http.work import Work

# A form with an access token of any sane size.
_FORM_BYTES = 256 << 10


@dataclass(frozen=True)
class TokenEndpoints:
    """Handlers that exchange credentials for a token that names repository actions.

    `directories`: threads for pushes to be judged in, which may take as long as a directory takes to answer. Each
    caller has one of them at a time, so that nobody keeps everybody else waiting.
    """

    authentication: Authentication
    access: AccessPolicy
    issuer: TokenIssuer
    work: Work
    directories: Work
    patience: float
    _turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def get_token(self, request: Request, authorization: bytes) -> Response:
        """GET /v2/token?scope=...: credentials in the Authorization header, or none."""
        caller = await self.authentication.caller(authorization)
        return await self._issue(caller, request.query_params.getlist("scope"))

    async def post_token(self, request: Request, authorization: bytes) -> Response:
        """POST /v2/token: credentials in the form (grant types password and refresh_token) or in the header."""
        form = parse_qs((await Body(request, None, self.patience).whole(_FORM_BYTES)).decode(errors="replace"))
        if "grant_type" in form:
            caller = await self.authentication.authenticate(_form_credentials(form))
        else:
            caller = await self.authentication.caller(authorization)
        return await self._issue(caller, form.get("scope", []))

    async def _issue(self, caller: Caller, scopes: Sequence[str]) -> Response:
        if caller.grants is not None:
            raise Unauthorized("a token of the registry cannot be exchanged for another; log in again")
        self.access.check_read(caller)
        asked = token_scope.parse_scopes(scopes)
        grants = await self._judge(caller, asked)
        lifetime = self.issuer.lifetime_for(caller)
        token = await self.work.run(self.issuer.issue, caller, grants)
        body = {
            "token": token,
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(lifetime.total_seconds()),
            "issued_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        headers = {"Cache-Control": "no-store"}
        return Response(json.dumps(body), headers=headers, media_type="application/json")

    async def _judge(self, caller: Caller, asked: Sequence[tuple[Repository, str]]) -> Grants:
        if all(action != PUSH for _, action in asked):
            return token_scope.judge(self.access, caller, asked)
        async with self._turns.setdefault((caller.realm, caller.name), asyncio.Lock()):
            return await self.directories.run(token_scope.judge, self.access, caller, asked)


def _form_credentials(form: dict[str, list[str]]) -> Credentials | None:
    match form["grant_type"][0]:
        case "password":
            return password_credentials(form.get("username", [""])[0], form.get("password", [""])[0])
        case "refresh_token":  # what a client keeps as an identity token is the user's access token
            return BearerToken(form.get("refresh_token", [""])[0])
    raise QueryInvalid("grant_type must be password or refresh_token")
