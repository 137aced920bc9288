"""Credentials are one question however they come, and nobody pushes a known caller out or takes all threads."""

import asyncio
import base64
import gc
import threading
import weakref
from contextlib import suppress

import pytest
from tests.unit.authentication import WAIT_SECONDS, Source, over, put_forward, run, until

from pierone_adapters.jwt import JwtIssuer
from pierone_core.caller import BearerToken, Caller, Credentials, Grants, Password
from pierone_core.errors import RegistryError, Unauthorized
from pierone_http.auth import Authentication, password_credentials
from pierone_http.work import Work

GOOD = "t0ken"


def basic(user: str, secret: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{secret}".encode())


HEADERS = [b"Bearer t0ken", b"bearer  t0ken ", b"Token t0ken", basic("oauth2", GOOD)]


def test_a_token_is_one_question_however_it_comes() -> None:
    async def test() -> None:
        source = Source()
        source.may_answer.clear()
        authentication = over(source)
        asks = [asyncio.ensure_future(authentication.caller(header)) for header in HEADERS]
        asks += [asyncio.ensure_future(authentication.authenticate(BearerToken(GOOD))) for _ in range(20)]
        await until(lambda: len(source.asked) > 0)
        source.may_answer.set()
        assert set(await asyncio.gather(*asks)) == {Caller("bearer")}
        await authentication.authenticate(password_credentials("oauth2", GOOD))
        assert len(source.asked) == 1

    run(test())


def test_a_refusal_of_a_form_is_remembered_for_the_header() -> None:
    async def test() -> None:
        source = Source(only_the_good_one)
        authentication = over(source)
        for ask in (authentication.authenticate(BearerToken("bad")), authentication.caller(b"Bearer bad")):
            with pytest.raises(Unauthorized, match="not you"):
                await ask
        assert len(source.asked) == 1

    run(test())


def test_what_looks_alike_is_not_taken_for_the_same() -> None:
    async def test() -> None:
        source = Source()
        authentication = over(source)
        for shown in (BearerToken("abc"), Password("", "abc"), Password("a", "bc"), Password("ab", "c")):
            await authentication.authenticate(shown)
        assert len(source.asked) == 4

    run(test())


def test_another_writing_of_a_header_does_not_prolong_what_is_known() -> None:
    async def test() -> None:
        source = Source()
        authentication = over(source)
        for header in HEADERS[:3]:
            await authentication.caller(header)
            put_forward(140)
        assert len(source.asked) == 1
        for header in HEADERS[:3]:
            await authentication.caller(header)
        assert len(source.asked) == 1 + 1  # at 420 s all three are over, and one question is enough

    run(test())


def test_nonsense_and_refusals_push_nobody_out_who_is_known() -> None:
    async def test() -> None:
        source = Source(only_the_good_one)
        authentication = over(source)
        known = await authentication.caller(HEADERS[0])
        for number in range(10_100):
            await try_(authentication, b"x%d" % number)
            await try_(authentication, b"Basic  %s" % (b" " * number + b"Og=="))
        for number in range(2_100):
            await try_(authentication, b"Bearer bad%d" % number)
        source.asked.clear()
        assert await authentication.caller(HEADERS[0]) is known
        assert source.asked == []

    run(test())


class OwnCaller(Caller):
    """A caller whose end can be watched."""

    __slots__ = ("__weakref__",)


class Issuer(JwtIssuer):
    """Whatever begins with own is one of its tokens, and counted while it is remembered."""

    def __init__(self) -> None:
        """No key is needed."""
        self.alive: weakref.WeakValueDictionary[str, OwnCaller] = weakref.WeakValueDictionary()

    def is_issued(self, token: str) -> bool:
        """See `TokenIssuer`."""
        return token.startswith("own")

    def read(self, token: str) -> Caller:
        """See `TokenIssuer`."""
        self.alive[token] = caller = OwnCaller(token, grants=Grants())
        return caller


def test_tokens_of_our_own_push_nobody_out_who_is_known() -> None:
    async def test() -> None:
        source = Source()
        authentication = Authentication(source, Issuer(), Work(prompt=False))
        known = await authentication.caller(HEADERS[0])
        for number in range(10_100):
            await authentication.caller(b"Bearer own%d" % number)
        assert await authentication.caller(HEADERS[0]) is known
        assert len(source.asked) == 1

    run(test())


def test_of_a_token_of_our_own_that_is_long_nothing_is_kept() -> None:
    async def test() -> None:
        issuer = Issuer()
        authentication = Authentication(Source(), issuer, Work(prompt=False))
        for header in (b"Bearer own", b"Bearer own" + b"x" * 2048):
            await authentication.caller(header)
        gc.collect()
        assert set(issuer.alive) == {"own"}

    run(test())


def test_whoever_guesses_at_many_names_does_not_keep_tokens_waiting() -> None:
    async def test() -> None:
        may_go_on = threading.Event()

        def slow_for_passwords(credentials: Credentials) -> Caller:
            assert isinstance(credentials, BearerToken) or may_go_on.wait(WAIT_SECONDS)
            return Caller("bearer")

        source = Source(slow_for_passwords)
        authentication = over(source)
        guesses = [asyncio.ensure_future(authentication.caller(basic(f"n{n}", "x"))) for n in range(60)]
        await until(lambda: len(source.asked) > 1)
        assert await asyncio.wait_for(authentication.caller(HEADERS[0]), WAIT_SECONDS) == Caller("bearer")
        assert len(source.asked) == 2 + 1
        may_go_on.set()
        await asyncio.gather(*guesses)

    run(test())


def only_the_good_one(credentials: Credentials) -> Caller:
    if credentials == BearerToken(GOOD):
        return Caller("bearer")
    raise Unauthorized("not you")


async def try_(authentication: Authentication, header: bytes) -> None:
    with suppress(RegistryError):
        await authentication.caller(header)
