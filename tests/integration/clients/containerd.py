"""containerd: `ctr`, talking to a daemon of our own."""

import gzip
import io
import re
import tarfile
from pathlib import Path

from tests.integration.clients.archive import read_archive
from tests.integration.clients.client import Pushed, find, run
from tests.integration.clients.containerd_daemon import ContainerdDaemon
from tests.integration.clients.images import NAME_IN_LAYOUT, Content, Image
from tests.integration.clients.registry import split

DIGEST = re.compile(r'msg=pushing digest="(sha256:[0-9a-f]{64})"')
IMPORTED = "imported"


class Containerd:
    """`ctr` with the daemon's storage below `home`; containerd's resolver, pusher and fetcher run within `ctr`."""

    mounted = r'mediatype=\S+\.layer\.\S+ .*response\.status="201 Created" .*/blobs/uploads/\?mount='

    def __init__(self, home: Path, daemon: ContainerdDaemon) -> None:
        # 1.6 tells why a registry refused only with --debug; without it one reads no more than "409 Conflict".
        self._command = [find("ctr", "containerd"), "--debug", "--address", daemon.address]
        self._home = home
        self._logins: dict[str, str] = {}

    def load(self, image: Image, reference: str) -> None:
        """Import and unpack the layout as it is, and name the image."""
        self._images("import", "--base-name", IMPORTED, "-", typed=_packed(image.layout))
        self._images("tag", "--force", f"{IMPORTED}:{NAME_IN_LAYOUT}", reference)

    def push(self, reference: str, *, debug: bool = False) -> Pushed:  # noqa: ARG002 - it always does
        """Push; among what `ctr` prints to find errors is the digest."""
        output = self._images("push", "--plain-http", *self._user(reference), reference)
        [digest] = DIGEST.findall(output)
        return Pushed(str(digest), output)

    def pull(self, reference: str) -> str:
        """Pull, unpack, and return the digest under which the daemon keeps the image."""
        name = _named(reference)
        self._images("pull", "--plain-http", *self._user(reference), name)
        listed = self._images("list", f'name=="{name}"')
        [digest] = re.findall(r" (sha256:[0-9a-f]{64}) ", listed)
        return str(digest)

    def forget_everything(self) -> None:
        """Remove all images, and wait until their content is collected."""
        self._images("rm", "--sync", *self._images("list", "--quiet").split())

    def content(self, reference: str) -> Content:
        """Export the image as an archive, in which the layers stay compressed."""
        archive = self._home / "saved.tar"
        self._images("export", str(archive), reference)
        saved = read_archive(archive)
        return Content(saved.config, tuple(gzip.decompress(layer) for layer in saved.layers))

    def login(self, host: str, user: str, password: str) -> None:
        """Remember the password: `ctr` has no login, every command takes it, so a wrong one is not noticed here."""
        self._logins[host] = f"{user}:{password}"

    def logout(self) -> None:
        """Forget all passwords."""
        self._logins.clear()

    def _user(self, reference: str) -> list[str]:
        host, _, _ = split(reference)
        return ["--user", self._logins[host]] if host in self._logins else []

    def _images(self, *arguments: str, typed: bytes = b"") -> str:
        return run([*self._command, "images", *arguments], {"CONTAINERD_SNAPSHOTTER": "native"}, typed=typed)


def _named(reference: str) -> str:
    # `ctr` takes full names only; what is built on containerd adds the tag itself.
    _, _, tag_or_digest = split(reference)
    return reference if tag_or_digest else f"{reference}:latest"


def _packed(layout: Path) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.add(layout, arcname=".")
    return written.getvalue()
