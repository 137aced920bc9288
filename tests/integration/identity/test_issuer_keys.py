"""The issuer's keys: when its set is fetched, what is taken from it, and what holds while it cannot be fetched."""

import base64
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.identity.clock import Clock
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.signing import IssuerKey, ec_key, rsa_key
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always

from pierone_adapters.oauth import IssuerKeys
from pierone_adapters.web import Circuit
from pierone_core.errors import Unauthorized, Unavailable

RSA, OLD, NEW, P384 = rsa_key("rsa"), ec_key("old"), ec_key("new"), ec_key("p384", "ES384")
PAUSE, FRESH, STALE = 10, 300, 3600
DOWN = Reply(500)


def key_set(*keys: IssuerKey) -> Reply:
    return Reply(body={"keys": [key.public for key in keys]})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(stand: STAND) -> StandIn:
    return stand(reply_always(key_set(OLD)))


@pytest.fixture
def keys(issuer: StandIn, connect: CONNECT, clock: Clock) -> IssuerKeys:
    source = connect(circuit=Circuit(1000))
    return IssuerKeys(source, issuer.url, ("RS256", "ES256", "ES384"), clock)


def find(keys: IssuerKeys, key: IssuerKey, algorithm: str = "") -> bool:
    """Whether the issuer has the key; raises `Unavailable` if that is not known."""
    try:
        found = keys.find(key.kid, algorithm or key.algorithm)
    except Unauthorized:
        return False
    return found.verify(b"data", key.sign(b"data", key.algorithm))


def test_the_set_is_fetched_once_and_on_first_use(keys: IssuerKeys, issuer: StandIn) -> None:
    assert issuer.asked == []
    assert all(find(keys, OLD) for _ in range(3))
    assert len(issuer.asked) == 1


def test_many_who_come_at_once_cost_one_fetch(keys: IssuerKeys, issuer: StandIn) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: find(keys, OLD), range(32)))
    assert len(issuer.asked) == 1


def test_a_new_key_is_found_by_fetching_again(keys: IssuerKeys, issuer: StandIn, clock: Clock) -> None:
    assert find(keys, OLD)
    issuer.answer = reply_always(key_set(OLD, NEW))
    clock.move(PAUSE)
    assert find(keys, NEW)
    assert find(keys, OLD)


def test_unknown_keys_cost_one_fetch_in_a_pause(keys: IssuerKeys, issuer: StandIn, clock: Clock) -> None:
    assert find(keys, OLD)
    for number in range(50):
        assert not find(keys, IssuerKey(str(number), "ES256", NEW.private))
    assert len(issuer.asked) == 1
    clock.move(PAUSE)
    for number in range(50):
        assert not find(keys, IssuerKey(str(number), "ES256", NEW.private))
    assert len(issuer.asked) == 2


def test_an_old_key_is_gone_when_the_set_is_fetched_again(keys: IssuerKeys, issuer: StandIn, clock: Clock) -> None:
    assert find(keys, OLD)
    issuer.answer = reply_always(key_set(NEW))
    clock.move(FRESH - 1)
    assert find(keys, OLD)
    clock.move(2)
    assert not find(keys, OLD)


def test_known_keys_hold_for_a_time_while_the_issuer_does_not_answer(
    keys: IssuerKeys, issuer: StandIn, clock: Clock
) -> None:
    assert find(keys, OLD)
    issuer.answer = reply_always(DOWN)
    clock.move(STALE - 1)
    assert find(keys, OLD)
    clock.move(2)
    with pytest.raises(Unavailable):
        find(keys, OLD)
    issuer.answer = reply_always(key_set(OLD))
    clock.move(PAUSE)
    assert find(keys, OLD)


def test_an_unknown_key_is_not_refused_while_nobody_knows(keys: IssuerKeys, issuer: StandIn, clock: Clock) -> None:
    assert find(keys, OLD)
    issuer.answer = reply_always(DOWN)
    clock.move(PAUSE)
    for _ in range(2):
        with pytest.raises(Unavailable):
            find(keys, NEW)
    assert len(issuer.asked) == 2


@pytest.mark.parametrize("reply", [DOWN, Reply(404, {"keys": []}), Reply(body={}), Reply(body={"keys": {}}), Reply()])
def test_without_a_key_set_nothing_is_known(keys: IssuerKeys, issuer: StandIn, reply: Reply) -> None:
    issuer.answer = reply_always(reply)
    with pytest.raises(Unavailable):
        find(keys, OLD)


def test_whoever_has_a_known_key_does_not_wait_for_a_slow_issuer(
    issuer: StandIn, connect: CONNECT, clock: Clock
) -> None:
    keys = IssuerKeys(connect(30), issuer.url, ("ES256",), clock)
    assert find(keys, OLD)
    issuer.answer = reply_always(HANG)
    clock.move(FRESH + 1)
    with ThreadPoolExecutor(2) as threads:
        refreshing = threads.submit(find, keys, OLD)
        assert issuer.hanging.acquire(timeout=10)
        assert threads.submit(find, keys, OLD).result(timeout=10)
        assert not refreshing.done()
        issuer.stop()
        assert refreshing.result()


NOT_FOR_VERIFYING: dict[str, Mapping[str, object]] = {
    "for encryption": OLD.public | {"use": "enc"},
    "without an id": {name: value for name, value in OLD.public.items() if name != "kid"},
    "with an id that is no text": OLD.public | {"kid": ["old"]},
    "with an algorithm of another curve": OLD.public | {"alg": "ES384"},
    "with an algorithm of another kind": OLD.public | {"alg": "RS256"},
    "with an HMAC algorithm": OLD.public | {"alg": "HS256"},
    "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "old", "alg": "ES256"},
    "of an unknown kind": OLD.public | {"kty": "OKP"},
    "with a point that is on no curve": OLD.public | {"x": OLD.public["y"]},
}


@pytest.mark.parametrize("entry", NOT_FOR_VERIFYING.values(), ids=NOT_FOR_VERIFYING.keys())
def test_what_is_not_for_verifying_is_left_out_and_spoils_nothing(
    keys: IssuerKeys, issuer: StandIn, entry: Mapping[str, object]
) -> None:
    issuer.answer = reply_always(Reply(body={"keys": [entry, RSA.public]}))
    assert find(keys, RSA)
    for algorithm in ("ES256", "ES384", "RS256"):
        with pytest.raises(Unauthorized):
            keys.find("old", algorithm)


def test_a_key_of_an_algorithm_that_is_not_allowed_is_left_out(issuer: StandIn, connect: CONNECT) -> None:
    issuer.answer = reply_always(key_set(OLD, P384))
    keys = IssuerKeys(connect(), issuer.url, ("ES256",))
    assert find(keys, OLD)
    assert not find(keys, P384)


def test_a_key_without_an_algorithm_has_that_of_its_kind(keys: IssuerKeys, issuer: StandIn) -> None:
    entries = [{name: value for name, value in key.public.items() if name != "alg"} for key in (RSA, OLD, P384)]
    issuer.answer = reply_always(Reply(body={"keys": entries}))
    assert find(keys, RSA, "RS256")
    assert find(keys, OLD, "ES256")
    assert find(keys, P384, "ES384")
    assert not find(keys, OLD, "ES384")


def test_a_private_key_in_the_set_is_no_more_than_its_public_half(keys: IssuerKeys, issuer: StandIn) -> None:
    scalar = OLD.private.private_numbers().private_value  # type: ignore[union-attr]
    issuer.answer = reply_always(Reply(body={"keys": [OLD.public | {"d": _base64(scalar)}]}))
    assert keys.find("old", "ES256").to_dict().keys() == {"alg", "kty", "crv", "x", "y"}


def _base64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
