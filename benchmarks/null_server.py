"""A server that stores nothing: what the generators reach against it is their own ceiling.

It answers each request of the image rows with canned bytes, after reading it to its end.
One process, one thread, one request at a time on each connection.
"""

import re
import selectors
import socket
import sys

from benchmarks.images import MANIFEST_TYPE, Image
from benchmarks.rows.stock import (
    FEW_IMAGES,
    PULLED_REPOSITORY,
    READ_IMAGE,
    READ_REPOSITORY,
    READ_TAG,
    pulled_image,
    pulled_tag,
)

RECEIVE_BYTES = 512 * 1024
BACKLOG = 128
LAST_CHUNK = b"\r\n0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
UPLOAD = b"Location: /v2/null/null/blobs/uploads/1\r\n"

Canned = dict[bytes, bytes]


def answer(status: bytes, headers: bytes = b"", body: bytes = b"") -> bytes:
    """Return a whole answer."""
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)


OK = answer(b"200 OK")
NOT_FOUND = answer(b"404 Not Found")
BY_METHOD = {
    b"HEAD": NOT_FOUND,
    b"GET": OK,
    b"POST": answer(b"202 Accepted", UPLOAD),
    b"PATCH": answer(b"202 Accepted", UPLOAD),
    b"PUT": answer(b"201 Created"),
}


def add_image(canned: Canned, repository: str, tag: str, image: Image) -> None:
    """Make an image known under its tag and its digests."""
    headers = f"Docker-Content-Digest: {image.manifest.digest}\r\nContent-Type: {MANIFEST_TYPE}\r\n".encode()
    for reference in (tag, image.manifest.digest):
        _add(canned, f"/v2/{repository}/manifests/{reference}", headers, image.manifest.content)
    for blob in (image.config, *image.layers):
        _add(canned, f"/v2/{repository}/blobs/{blob.digest}", b"", blob.content)


def _add(canned: Canned, target: str, headers: bytes, body: bytes) -> None:
    whole = answer(b"200 OK", headers, body)
    canned[f"GET {target}".encode()] = whole
    canned[f"HEAD {target}".encode()] = whole[: len(whole) - len(body)]


def is_whole(request: bytearray) -> bool:
    """Say whether a request has arrived to its end; forget what has arrived of a chunked body."""
    head_end = request.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    if length := LENGTH.search(request, 0, head_end + 2):
        return len(request) >= head_end + 4 + int(length[1])
    if b"chunked" not in request[:head_end]:
        return True
    del request[head_end + 4 : -len(LAST_CHUNK)]
    return request.endswith(LAST_CHUNK)


def reply_to(request: bytearray, canned: Canned) -> bytes:
    """Return the answer to a whole request."""
    start = bytes(request[: request.find(b" HTTP/1.1")])
    return canned.get(start) or BY_METHOD[start.split(b" ", 1)[0]]


def serve(port: int, canned: Canned) -> None:
    """Serve until the process is ended."""
    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    _accept(listener, selector)
                elif isinstance(key.fileobj, socket.socket):
                    _receive(key.fileobj, key.data, selector, canned)


def _accept(listener: socket.socket, selector: selectors.BaseSelector) -> None:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(connection, selectors.EVENT_READ, bytearray())


def _receive(connection: socket.socket, request: bytearray, selector: selectors.BaseSelector, canned: Canned) -> None:
    try:
        received = connection.recv(RECEIVE_BYTES)
    except ConnectionResetError:  # wrk ends so
        received = b""
    if not received:
        selector.unregister(connection)
        connection.close()
        return
    request += received
    if is_whole(request):
        connection.sendall(reply_to(request, canned))
        request.clear()


def main() -> None:
    """Serve the images of the read and pull rows on the port given."""
    canned: Canned = {}
    add_image(canned, READ_REPOSITORY, READ_TAG, READ_IMAGE)
    for number in range(FEW_IMAGES):
        add_image(canned, PULLED_REPOSITORY, pulled_tag(number), pulled_image(number))
    serve(int(sys.argv[1]), canned)


if __name__ == "__main__":
    main()
