"""What the memory of callers holds: not too much, and no secret."""

import base64
import gc
import types
import weakref
from contextlib import suppress

import pytest
from tests.unit.authentication import Source, fall_silent, over, refuse, run, turns

from pierone_adapters.jwt import JwtIssuer
from pierone_core.caller import Caller
from pierone_core.errors import RegistryError
from pierone_http.auth import Authentication
from pierone_http.work import Work

SECRET = "s3cr3t-that-must-not-stay"
HEADER = b"Bearer " + SECRET.encode()


class WeakCaller(Caller):
    """A caller whose end can be watched."""

    __slots__ = ("__weakref__",)


def test_ten_thousand_callers_are_remembered_and_no_more() -> None:
    async def test() -> None:
        alive: weakref.WeakValueDictionary[int, WeakCaller] = weakref.WeakValueDictionary()

        class Issuer(JwtIssuer):
            """Everything is one of its tokens, so that nothing takes a thread."""

            def __init__(self) -> None: ...

            def is_issued(self, token: str) -> bool:
                return bool(token)

            def read(self, token: str) -> Caller:
                alive[int(token)] = caller = WeakCaller(token)
                return caller

        authentication = Authentication(Source(), Issuer(), Work(prompt=False))
        for number in range(10_100):
            await authentication.caller(b"Bearer %d" % number)
        gc.collect()
        assert 1 <= len(alive) <= 10_000

    run(test())


def reachable(start: object) -> list[object]:
    """Everything that `start` holds, but not modules, functions and classes."""
    found: dict[int, object] = {}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        if id(here) not in found and not isinstance(here, types.ModuleType | types.FunctionType | type):
            found[id(here)] = here
            ahead.extend(gc.get_referents(here))
            ahead.extend(here if isinstance(here, dict) else ())  # the collector skips keys that are text
    return list(found.values())


ANSWERS = {"caller": None, "refusal": refuse, "silence": fall_silent}
HEADERS = {"token": HEADER, "password": b"Basic " + base64.b64encode(f"alice:{SECRET}".encode())}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("kind", HEADERS)
def test_no_secret_stays_behind(answer: str, kind: str) -> None:
    header = HEADERS[kind]

    async def test() -> None:
        source = Source(ANSWERS[answer])
        authentication = over(source)
        with suppress(RegistryError):
            await authentication.caller(header)
        source.asked.clear()
        await turns()
        gc.collect()
        texts = [each.encode(errors="replace") for each in reachable(authentication) if isinstance(each, str)]
        texts += [each for each in reachable(authentication) if isinstance(each, bytes)]
        assert not [text for text in texts if SECRET.encode() in text or header.split()[1] in text]

    run(test())
