"""Who is let in, and what the others are told."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import ANONYMOUS, Caller
from pierone_core.errors import RegistryError, Unauthorized, Unavailable
from pierone_core.values import Repository
from pierone_http.auth import Authentication
from pierone_http.challenge import Challenges
from pierone_http.logs import CALLER
from pierone_http.upload_pass import PARAMETER, UploadPasses
from pierone_http.v2.paths import Target, reads_content


@dataclass(frozen=True)
class Gate:
    """Who is let in, and what the others are told."""

    authentication: Authentication
    access: AccessPolicy
    passes: UploadPasses
    challenges: Challenges

    async def caller(self, request: Request, target: Target | None) -> Caller:
        """Who sends `request`; raises `Unauthorized` or `Unavailable`."""
        caller = await self._caller(request, target)
        request.scope[CALLER] = caller.name
        return caller

    async def _caller(self, request: Request, target: Target | None) -> Caller:
        if target and target.kind == "upload" and PARAMETER in request.query_params:
            bearer = self.passes.read(request.query_params[PARAMETER], target.name, target.argument)
            if bearer:
                return await self._bearer(request, bearer)
        caller = await self.authentication.caller(authorization(request.scope))
        self._check_login(caller, reads=reads_content(request, target))
        return caller

    def known_reader(self, header: bytes, repository: Repository, now: float) -> Caller | None:
        """Who sends the Authorization `header`, if it is known without asking who it is and that they may pull.

        `now` is the event loop's time.
        """
        caller = self.authentication.known(header, now)
        if caller is None:
            return None
        try:
            self._check_login(caller, reads=True)
            self.access.check_pull(caller, repository)
        except RegistryError:  # told at length where requests are refused
            return None
        return caller

    def _check_login(self, caller: Caller, *, reads: bool) -> None:
        if caller.realm == ANONYMOUS and not (self.access.public_read and reads):
            raise Unauthorized("log in to use this registry: docker login <registry>")

    async def _bearer(self, request: Request, bearer: Caller) -> Caller:
        """Whoever shows a pass, unless it is somebody else's: credentials may have expired, but not be another's."""
        try:
            caller = await self.authentication.caller(authorization(request.scope))
        except (Unauthorized, Unavailable):
            return bearer
        return bearer if caller.realm == ANONYMOUS else caller


def authorization(scope: Scope) -> bytes:
    """The value of the Authorization header, empty without one."""
    return next((value for name, value in scope["headers"] if name == b"authorization"), b"")
