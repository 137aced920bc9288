"""Sources whose answers drip in: they hold nobody, and leave nothing behind."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.integration.identity.conftest import CONNECT, SOURCE, STAND
from tests.integration.identity.in_vain import SHORT, TOKEN, check_unavailable
from tests.integration.identity.stand_in import Asked, Reply
from tests.integration.oci import eventually

from pierone_adapters.web import Circuit, WebSource


def test_a_head_that_drips_in_holds_nobody(connect: CONNECT) -> None:
    source, over = connect(SHORT), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=_drip_head, args=(listening, over), daemon=True)
        dripping.start()
        check_unavailable(lambda: source.get(f"http://127.0.0.1:{listening.getsockname()[1]}", token=TOKEN))
        assert dripping.is_alive()  # it was not the server that gave up
        over.set()


def test_a_source_that_dripped_on_all_its_connections_is_well_again_at_once() -> None:
    """As many as there may be: none of them is left to whoever asks next."""
    over, well = threading.Event(), threading.Event()
    source = WebSource(SOURCE, connect_timeout=SHORT, read_timeout=SHORT, circuit=Circuit(failures=1000))
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening, ThreadPoolExecutor(50) as askers:
        threading.Thread(target=_drip_until_well, args=(listening, over, well), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for ask in [askers.submit(source.get, url) for _ in range(50)]:
            check_unavailable(ask.result)
        well.set()
        assert source.get(url).status == 200
        eventually(lambda: not [each for each in threading.enumerate() if each.name == "source"])
        over.set()
    source.close()


def test_who_is_cut_off_with_others_is_answered_all_the_same(stand: STAND, connect: CONNECT) -> None:
    source, cut = connect(), threading.Event()

    def answer(_: Asked) -> Reply:
        if not cut.is_set():
            cut.set()
            source._connections.cut()  # noqa: SLF001 - as another request does whose time is over
        return Reply(body={})

    assert source.get(stand(answer).url).status == 200
    assert cut.is_set()


def _drip_until_well(listening: socket.socket, over: threading.Event, well: threading.Event) -> None:
    """Hold on to each connection until `over`, even when the source is `well` and answers new ones."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_drip_or_answer, args=(connection, over, well), daemon=True).start()


def _drip_or_answer(connection: socket.socket, over: threading.Event, well: threading.Event) -> None:
    with connection, contextlib.suppress(OSError):
        connection.recv(1000)
        if well.is_set():
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(SHORT / 4):
                connection.sendall(b"x")


def _drip_head(listening: socket.socket, over: threading.Event) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(SHORT / 4):
            connection.sendall(b"x")
