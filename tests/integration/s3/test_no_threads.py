"""A machine that gives the process no more threads: a push is refused, and what was acknowledged goes on."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.content import append, read_all
from tests.integration.s3.content import BYTES, DIGEST, PART
from tests.integration.s3.finishing import finish

from pierone_adapters.s3.stream import THREADS
from pierone_core.errors import Unavailable


def refuse(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_part_that_no_thread_can_send_is_not_taken_for_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3(tmp_path)
    for _ in range(THREADS + 1):
        with closing(store.open_upload("upload", "sha256")) as writer, monkeypatch.context() as without_threads:
            without_threads.setattr(threading.Thread, "start", refuse)
            with pytest.raises(Unavailable, match="no thread left"):
                writer.write(BYTES[writer.offset :])
    assert s3(tmp_path).upload_size("upload") == PART
    going_on = s3(tmp_path)
    append(going_on, BYTES[PART:])
    assert finish(going_on) == len(BYTES)
    assert read_all(going_on.open_blob(DIGEST, 0, len(BYTES))) == BYTES
