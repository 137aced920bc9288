"""The one way in which adapters talk HTTP: what it bounds, what it hides, what goes no further."""

import base64
import logging
import socket
import threading
from collections.abc import Callable
from urllib.parse import unquote_plus

import pytest
from tests.integration.identity.conftest import CONNECT, STAND
from tests.integration.identity.in_vain import SHORT, TOKEN, check_unavailable
from tests.integration.identity.stand_in import HANG, HANG_UP, Reply, StandIn, reply_always

from pierone_adapters.web import WebSource, check_token
from pierone_core.errors import Unauthorized, Unavailable

CLIENT = "client", "client-secr3t"
SECRETS = TOKEN, CLIENT[1], base64.b64encode(":".join(CLIENT).encode()).decode()
IN_VAIN = {
    "no answer": HANG,
    "hung up": HANG_UP,
    "an answer in drops": Reply(body=b"[" + b" " * 1000 + b"]", drip=SHORT / 2),
    "too long an answer": Reply(body=b" " * (1 << 20) + b"{}"),
    "a redirect": Reply(302, headers={"Location": "/elsewhere"}),
    "a failure": Reply(500),
    "nobody home": Reply(503),
    "not now": Reply(429),
}


@pytest.mark.parametrize("reply", IN_VAIN.values(), ids=IN_VAIN.keys())
def test_what_is_no_answer_is_unavailable_and_names_only_the_source(
    stand: STAND, connect: CONNECT, reply: Reply
) -> None:
    server, source = stand(reply_always(reply)), connect(SHORT)
    check_unavailable(lambda: source.get(server.url, token=TOKEN))


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b"\xff", b'{"a": NaN}', b"[]", b""])
def test_what_is_no_json_object_is_unavailable(stand: STAND, connect: CONNECT, body: bytes) -> None:
    answer = connect().get(stand(reply_always(Reply(body=body))).url)
    check_unavailable(answer.json_object)


def test_nobody_listening_is_unavailable_until_somebody_does(stand: STAND, connect: CONNECT) -> None:
    server, source = stand(reply_always(Reply(body={}))), connect()
    server.stop()
    check_unavailable(lambda: source.get(server.url, token=TOKEN))
    server.start()
    assert source.get(server.url, token=TOKEN).json_object() == {}


def test_what_is_no_http_is_unavailable(connect: CONNECT) -> None:
    source = connect(SHORT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_say_garbage, args=(listening,), daemon=True).start()
        check_unavailable(lambda: source.get(f"http://127.0.0.1:{listening.getsockname()[1]}", token=TOKEN))


@pytest.mark.parametrize(
    "url", ["http://host:abc/", "http://a..b/", "http://.../", "http://host:99999/", "http://exa mple/"]
)
def test_an_address_that_there_cannot_be_is_unavailable(connect: CONNECT, url: str) -> None:
    check_unavailable(lambda: connect(SHORT).get(url, token=TOKEN))


def test_a_redirect_is_not_followed(stand: STAND, connect: CONNECT) -> None:
    elsewhere = stand(reply_always(Reply(body={})))
    server, source = stand(reply_always(Reply(307, headers={"Location": elsewhere.url}))), connect()
    check_unavailable(lambda: source.get(server.url, token=TOKEN))
    assert elsewhere.asked == []


def test_an_answer_has_a_status_below_500_and_a_body(stand: STAND, connect: CONNECT) -> None:
    server = stand(reply_always(Reply(404, {"a": 1})))
    answer = connect().get(server.url + "/x", token=TOKEN, params={"member": "a b&c"})
    assert (answer.status, answer.json_object()) == (404, {"a": 1})
    assert (server.asked[0].token, server.asked[0].query) == (TOKEN, {"member": "a b&c"})


def test_a_client_shows_its_id_and_secret_each_encoded(stand: STAND, connect: CONNECT) -> None:
    server = stand(reply_always(Reply(body={})))
    connect().post(server.url, {"token": TOKEN}, ("an id:", "a+b/c%"))
    shown = base64.b64decode(server.asked[0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert [unquote_plus(part) for part in shown.split(":")] == ["an id:", "a+b/c%"]
    assert server.asked[0].body == f"token={TOKEN}".encode()


def test_a_cookie_set_for_one_caller_is_not_sent_for_the_next(stand: STAND, connect: CONNECT) -> None:
    server, source = stand(reply_always(Reply(body={}, headers={"Set-Cookie": "who=alice; Path=/"}))), connect()
    source.get(server.url)
    source.get(server.url)
    assert [asked.headers.get("Cookie") for asked in server.asked] == [None, None]


def test_a_kept_connection_that_the_server_closes_is_no_failure(stand: STAND, connect: CONNECT) -> None:
    replies = iter([Reply(), HANG_UP, Reply()])
    server, source = stand(lambda _: next(replies)), connect()
    assert [source.get(server.url).status for _ in range(2)] == [200, 200]
    assert len(server.asked) == 3


@pytest.mark.parametrize("token", ["a\r\nX: y", "a b", "a\x00", "é", "", "x" * (64 * 1024 + 1), "a\n"])
def test_what_cannot_be_a_token_goes_nowhere_and_is_not_repeated(token: str) -> None:
    with pytest.raises(Unauthorized) as refusal:
        check_token(token)
    assert not token or token not in str(refusal.value)


def test_a_token_of_another_kind_than_text_in_one_line_is_not_sent(stand: STAND, connect: CONNECT) -> None:
    server, source = stand(reply_always(Reply(body={}))), connect()
    with pytest.raises(Unauthorized):
        source.get(server.url, token="a\r\nX: y")
    assert server.asked == []


def test_no_log_and_no_traceback_has_a_secret(stand: STAND, connect: CONNECT, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="")
    for reply in (Reply(body={}), *IN_VAIN.values()):
        _ask_both_ways(connect(SHORT), stand(reply_always(reply)))
    assert caplog.text.count("refused") >= 2 * len(IN_VAIN)
    assert not [secret for secret in SECRETS if secret in caplog.text]


def _ask_both_ways(source: WebSource, server: StandIn) -> None:
    asks: list[Callable[[], object]] = [
        lambda: source.get(server.url, token=TOKEN),
        lambda: source.post(server.url, {"token": TOKEN}, CLIENT),
    ]
    for ask in asks:
        try:
            ask()
        except Unavailable:
            logging.getLogger().exception("refused")


def _say_garbage(listening: socket.socket) -> None:
    for _ in range(2):  # the seam tries once more, as it cannot tell this from a kept connection that was closed
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
