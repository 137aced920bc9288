"""The token endpoint of the Docker flow, `GET` and `POST /v2/token`.

Source: Docker registry token authentication, and its OAuth2 variant.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from pierone_core import token_scope
from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import BearerToken, Caller, Credentials
from pierone_core.errors import QueryInvalid, Unauthorized
from pierone_core.ports import TokenIssuer
from pierone_http.auth import Authentication, password_credentials
from pierone_http.body import Body
from pierone_http.judgement import Judgement
from pierone_http.work import Work

# A form with an access token of any sane size.
_FORM_BYTES = 256 << 10


@dataclass(frozen=True)
class TokenEndpoints:
    """Handlers that exchange credentials for a token that names repository actions."""

    authentication: Authentication
    access: AccessPolicy
    issuer: TokenIssuer
    work: Work
    judgement: Judgement
    patience: float

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
        grants = await self.judgement.run(caller, partial(token_scope.judge, caller=caller, asked=asked))
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


def _form_credentials(form: dict[str, list[str]]) -> Credentials | None:
    match form["grant_type"][0]:
        case "password":
            return password_credentials(form.get("username", [""])[0], form.get("password", [""])[0])
        case "refresh_token":  # what a client keeps as an identity token is the user's access token
            return BearerToken(form.get("refresh_token", [""])[0])
    raise QueryInvalid("grant_type must be password or refresh_token")
