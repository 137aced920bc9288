"""The keys with which an issuer signs (RFC 7517), as its key set says now.

A key verifies with one algorithm, its own, whatever a token asks for; keys are public keys of the kinds below, and
nothing else ever becomes one. The set is fetched on first use, again after a while, and when a token names a key
that is not in it, but not more often than every few seconds, so that nobody can make us flood the issuer. What
is no longer in the set is forgotten.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from pierone_adapters.web import WebSource
from pierone_core.errors import Unauthorized, Unavailable

_FRESH_SECONDS = 300.0
# How long known keys go on verifying while the issuer does not answer.
_STALE_SECONDS = 3600.0
_PAUSE_SECONDS = 10.0
_OK = 200
_RSA = ("RS256", "RS384", "RS512")
_EC = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}  # RFC 7518 section 3.4
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}

ALGORITHMS = (*_RSA, *_EC.values())


class IssuerKeys:
    """Keys by their id and algorithm."""

    def __init__(
        self, source: WebSource, url: str, algorithms: Sequence[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`algorithms`: keys of others are left out."""
        self._source, self._url, self._algorithms, self._clock = source, url, algorithms, clock
        self._keys: dict[tuple[str, str], Key] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failure: Unavailable | None = None
        self._fetching = threading.Lock()

    def find(self, kid: str, algorithm: str) -> Key:
        """The key; raises `Unauthorized` if the issuer has none such, `Unavailable` if that cannot be known now."""
        if algorithm in self._algorithms:
            self._refresh_for((kid, algorithm))
        key = self._keys.get((kid, algorithm))
        if key is not None and self._age() <= _STALE_SECONDS:
            return key
        if self._failure is not None:
            raise Unavailable(self._failure.message) from self._failure
        raise Unauthorized("the access token is signed with a key that its issuer does not have")

    def _refresh_for(self, wanted: tuple[str, str]) -> None:
        is_known = wanted in self._keys and self._age() <= _STALE_SECONDS
        if is_known and self._age() <= _FRESH_SECONDS:
            return
        if self._fetching.acquire(blocking=not is_known):  # whoever has a key does not wait for new ones
            try:
                self._refresh()
            finally:
                self._fetching.release()

    def _refresh(self) -> None:
        if self._clock() - self._tried_at < _PAUSE_SECONDS:
            return
        self._tried_at = self._clock()
        try:
            self._keys, self._failure = self._fetch(), None
            self._fetched_at = self._clock()
        except Unavailable as failure:
            self._failure = failure

    def _fetch(self) -> dict[tuple[str, str], Key]:
        answer = self._source.get(self._url)
        keys = answer.json_object().get("keys")
        if answer.status != _OK or not isinstance(keys, list):
            raise answer.not_understood()
        read = [_read_key(key, self._algorithms) for key in keys]
        return {(kid, algorithm): key for kid, algorithm, key in filter(None, read)}

    def _age(self) -> float:
        return self._clock() - self._fetched_at


def _read_key(entry: object, algorithms: Sequence[str]) -> tuple[str, str, Key] | None:
    """Id, algorithm and key of an entry of the set; None if it is not for verifying here."""
    if not isinstance(entry, Mapping) or entry.get("use", "sig") != "sig":
        return None
    kid, kind = entry.get("kid"), entry.get("kty")
    algorithm = _algorithm(entry)
    if not isinstance(kid, str) or kind not in _PUBLIC or algorithm not in algorithms:
        return None
    public = {name: entry.get(name) for name in _PUBLIC[kind]}
    try:
        return kid, algorithm, jwk.construct(public, algorithm)
    except (JOSEError, ValueError, TypeError, AttributeError):  # one broken key does not spoil the others
        return None


def _algorithm(entry: Mapping[str, object]) -> str:
    """The one algorithm that a key is for (RFC 7517 section 4.4), or an empty string."""
    natural = _EC.get(str(entry.get("crv")), "") if entry.get("kty") == "EC" else _RSA[0]
    declared = entry.get("alg", natural)
    fits = declared in _RSA if entry.get("kty") == "RSA" else declared == natural
    return str(declared) if fits else ""
