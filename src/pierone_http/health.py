"""Whether the server runs, and whether it can do its work: for load balancers and orchestrators, without credentials.

Probes cost the stores nothing: each part has one thread of its own and one question under way at the most, and an
answer is good for everybody who asks within a second. So a part that hangs takes no thread of a pull or a push, and the
server's end does not wait for it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse

from pierone_core.errors import RegistryError
from pierone_http.work import Work

_LOG = logging.getLogger(__name__)
_KEEP_SECONDS = 1.0


class Part:
    """Something that must answer for the registry to work."""

    def __init__(self, name: str, check: Callable[[], None]) -> None:
        """`check` returns if the part answers, and raises if not."""
        self._name, self._check = name, check
        self._work = Work(prompt=False, threads=1)
        self._asking: asyncio.Task[str] | None = None
        self._good_until = 0.0
        self._told = ""

    async def answers(self, patience: float) -> bool:
        """Whether the part answers within `patience` seconds, or has done so a moment ago."""
        if self._asking is None or (self._asking.done() and self._good_until < _now()):
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait([self._asking], timeout=patience)
        failure = self._asking.result() if self._asking.done() else f"no answer within {patience:g} s"
        self._tell(failure)
        return not failure

    async def _ask(self) -> str:
        try:
            await self._work.run(self._check)
        except RegistryError as error:
            return error.message
        finally:
            self._good_until = _now() + _KEEP_SECONDS
        return ""

    def _tell(self, failure: str) -> None:
        if failure and not self._told:
            _LOG.error("not ready: the %s does not answer: %s", self._name, failure)
        elif self._told and not failure:
            _LOG.warning("the %s answers again", self._name)
        self._told = failure


class Readiness:
    """Whether requests should be sent here."""

    def __init__(self, checks: Mapping[str, Callable[[], None]], patience: float = 3.0) -> None:
        """`checks` by the names of the parts; `patience` in seconds for all of them together."""
        self._parts = {name: Part(name, check) for name, check in checks.items()}
        self._patience = patience
        self._is_ending = False

    def end(self) -> None:
        """Be ready no more, whatever the parts say: the server is about to stop."""
        self._is_ending = True

    async def response(self) -> JSONResponse:
        """200, or 503 with the names of the parts that do not answer."""
        if self._is_ending:
            return _response({"ready": False, "ending": True})
        answers = await asyncio.gather(*(part.answers(self._patience) for part in self._parts.values()))
        silent = [name for name, answered in zip(self._parts, answers, strict=True) if not answered]
        return _response({"ready": False, "silent": silent} if silent else {"ready": True})


def _response(report: dict[str, object]) -> JSONResponse:
    return JSONResponse(report, 200 if report["ready"] else 503, {"Cache-Control": "no-store"})


def _now() -> float:
    return asyncio.get_running_loop().time()
