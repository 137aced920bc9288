"""Failures of directories and their sources: what they happened to is gone without a garbage collection."""

import socket
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.garbage import Data, no_collection
from tests.integration.identity.conftest import CONNECT
from tests.integration.identity.in_vain import SHORT
from tests.integration.oci import eventually

from pierone_adapters.cache import Answers
from pierone_core.errors import Unavailable


def failed(ask: Callable[[], object]) -> "weakref.ref[Data]":
    """Have somebody with data, such as a manifest that is pushed, ask in vain."""
    data = Data()
    with suppress(Unavailable):
        ask()
    return weakref.ref(data)


def refuse() -> bool:
    raise Unavailable("no")


def test_a_directory_that_fails() -> None:
    with no_collection():
        assert failed(lambda: Answers[bool]().get("key", refuse, float))() is None


def test_a_directory_that_fails_those_who_wait_for_the_answer_of_another() -> None:
    answers, asked, may_end = Answers[bool](), threading.Event(), threading.Event()

    def refuse_slowly() -> bool:
        asked.set()
        assert may_end.wait(30)
        return refuse()

    def ask() -> bool:
        return answers.get("key", refuse_slowly, float)

    with no_collection(), ThreadPoolExecutor(2) as threads:
        first = threads.submit(failed, ask)
        assert asked.wait(30)
        second = threads.submit(failed, ask)
        eventually(second.running)
        may_end.set()
        gone = first.result(), second.result()
        eventually(lambda: [each() for each in gone] == [None, None])


def test_a_source_that_is_away(connect: CONNECT) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with no_collection():
        source = connect(SHORT)
        gone = failed(lambda: source.get(url))
        eventually(lambda: gone() is None)
