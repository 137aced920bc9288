"""What answers at the endpoint is not S3, or not yet: a sentence, not a traceback, and patience."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.conftest import Replica
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import Unavailable
from pierone_core.values import Digest

SMALL = b"layer of an image"
LARGE = bytes(11 << 20)
DIGEST = Digest.of(SMALL)


class _Redirects(BaseHTTPRequestHandler):
    status = 301

    def do_GET(self) -> None:
        """Answer the same to everything."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", "5" if self.status == 200 else "0")
        self.end_headers()
        if self.status == 200 and self.command != "HEAD":
            self.wfile.write(b"hello")

    do_PUT = do_GET  # noqa: N815 - what http.server looks for
    do_POST = do_GET  # noqa: N815
    do_HEAD = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class _Welcomes(_Redirects):
    status = 200


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def small_push(store: S3BlobStore) -> object:
    with closing(store.open_upload("upload", "sha256")) as writer:
        writer.write(SMALL)
        return writer.publish(DIGEST)


CALLS: dict[str, Callable[[S3BlobStore], object]] = {
    "pull": lambda store: store.open_blob(DIGEST, 0, 1),
    "small push": small_push,
    "large push": lambda store: append(store, LARGE),
    "status": lambda store: store.upload_size("upload"),
    "list": lambda store: list(store.all_blobs()),
    "sweep": lambda store: store.discard_upload("upload"),
}


LISTS = {"list", "sweep"}  # for boto3 a list that cannot be read is a server's error, which may pass
CASES = [(_Redirects, name) for name in CALLS] + [(_Welcomes, name) for name in CALLS if name not in LISTS]


@pytest.mark.parametrize(("handler", "call"), CASES)
def test_what_is_not_s3_is_a_refusal_that_names_the_setting(
    tmp_path: Path, handler: type[BaseHTTPRequestHandler], call: str
) -> None:
    with answering(handler) as url, pytest.raises(Unavailable, match="PIERONE_S3_ENDPOINT_URL"):
        CALLS[call](s3(tmp_path, endpoint_url=url, retries=0))


@pytest.mark.parametrize("call", sorted(LISTS))
def test_a_list_that_cannot_be_read_is_unavailable(tmp_path: Path, call: str) -> None:
    with answering(_Welcomes) as url, pytest.raises(Unavailable):
        CALLS[call](s3(tmp_path, endpoint_url=url, retries=0))


def test_an_endpoint_that_redirects_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with answering(_Redirects) as url, pytest.raises(ValueError, match="PIERONE_S3_ENDPOINT_URL only redirects"):
        s3(tmp_path, endpoint_url=url).check_bucket()


def test_a_store_that_is_back_after_a_second_is_waited_for(replica: Replica, proxy: FaultProxy) -> None:
    store, out_until = replica(), time.monotonic() + 1

    def restarting(exchange: Exchange) -> None:
        if time.monotonic() < out_until:
            exchange.hang_up()
        else:
            exchange.pass_on()

    proxy.treat = restarting
    assert read_all(store.open_blob(publish(store, SMALL), 0, len(SMALL))) == SMALL
