"""skopeo: copies between registries and OCI layouts, which are its storage here."""

import hashlib
import shutil
from pathlib import Path

from tests.integration.clients.client import Pushed, find, read_word, run
from tests.integration.clients.images import (
    NAME_IN_LAYOUT,
    Content,
    Image,
    digest_of,
    read_content,
    read_manifest,
)
from tests.integration.clients.registry import split


class Skopeo:
    """skopeo with layouts and a login file below `home`."""

    mounted = "mount OK"

    def __init__(self, home: Path) -> None:
        self._program = find("skopeo", "skopeo")
        self._home, self._layouts = home, home / "layouts"
        self._layouts.mkdir()
        (home / "auth.json").write_text("{}")
        self._environment = {"REGISTRY_AUTH_FILE": str(home / "auth.json"), "HOME": str(home)}

    def load(self, image: Image, reference: str) -> None:
        """Keep a copy of the image's layout under the reference."""
        shutil.copytree(image.layout, self._empty_layout(reference))

    def push(self, reference: str, *, debug: bool = False) -> Pushed:
        """Copy the layout to the registry."""
        return self.copy_to(self._source(reference), reference, debug=debug)

    def pull(self, reference: str) -> str:
        """Copy from the registry to a layout."""
        self._empty_layout(reference)
        self.copy_from(reference, self._source(reference))
        return digest_of(read_manifest(self._layout(reference)))

    def forget_everything(self) -> None:
        """Remove all layouts."""
        shutil.rmtree(self._layouts)
        self._layouts.mkdir()

    def content(self, reference: str) -> Content:
        """Read the layout."""
        return read_content(self._layout(reference))

    def login(self, host: str, user: str, password: str) -> None:
        """Log in with the password on standard input."""
        typed = password.encode()
        self.run("login", "--tls-verify=false", "--username", user, "--password-stdin", host, typed=typed)

    def logout(self) -> None:
        """Forget all passwords."""
        self.run("logout", "--all")

    def copy_to(self, source: str, reference: str, *options: str, debug: bool = False) -> Pushed:
        """Copy any source to the registry; `options` such as `--all` go to `skopeo copy`."""
        digest = self._home / "digest"
        target = f"docker://{reference}"
        output = self.run(
            *(["--debug"] if debug else []), "copy", "--dest-tls-verify=false", "--digestfile", str(digest),
            *options, source, target,
        )  # fmt: skip
        return Pushed(read_word(digest), output)

    def copy_from(self, reference: str, target: str, *options: str) -> str:
        """Copy from the registry to any target."""
        return self.run("copy", "--src-tls-verify=false", *options, f"docker://{reference}", target)

    def run(self, *arguments: str, typed: bytes = b"") -> str:
        """Run skopeo and return what it prints."""
        return run([self._program, *arguments], self._environment, typed=typed)

    def _layout(self, reference: str) -> Path:
        _, _, tag_or_digest = split(reference)
        named = reference if tag_or_digest else f"{reference}:latest"
        return self._layouts / hashlib.sha256(named.encode()).hexdigest()

    def _empty_layout(self, reference: str) -> Path:
        layout = self._layout(reference)
        shutil.rmtree(layout, ignore_errors=True)
        return layout

    def _source(self, reference: str) -> str:
        return f"oci:{self._layout(reference)}:{NAME_IN_LAYOUT}"
