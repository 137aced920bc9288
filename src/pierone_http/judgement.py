"""Where pushes are judged: at once if the rules alone decide, in threads of its own if a directory must be asked.

Directories may be slow, and anybody may have them asked: they may not take the threads of pushes. Use cases judge
again, by the answers that are kept (`pierone_adapters.cache`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Caller
from pierone_core.ports import Application
from pierone_core.values import Repository
from pierone_http.work import Work

# Those that ask only wait, so there may be many.
_THREADS = 16

R = TypeVar("R")


class Judgement:
    """Asks directories about one caller at a time, so that nobody keeps everybody else waiting."""

    def __init__(self, access: AccessPolicy) -> None:
        """Judge by `access`."""
        self._access = access
        self._without_asking = replace(access, teams=_Unasked(), applications=_Unasked())
        self._work = Work(prompt=False, threads=_THREADS)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def check_push(self, caller: Caller, repository: Repository) -> None:
        """See `AccessPolicy.check_push`."""
        await self.run(caller, partial(AccessPolicy.check_push, caller=caller, repository=repository))

    async def run(self, caller: Caller, judge: Callable[[AccessPolicy], R]) -> R:
        """What `judge` finds about `caller` by the rules; raises as it does."""
        with suppress(_MustAsk):
            return judge(self._without_asking)
        async with self._turns.setdefault((caller.realm, caller.name), asyncio.Lock()):
            return await self._work.run(judge, self._access)


class _MustAsk(Exception):
    """A directory must be asked to know."""


class _Unasked:
    """Both directories, while nobody asks them."""

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        raise _MustAsk(team, caller.name)

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        raise _MustAsk(caller.name)
