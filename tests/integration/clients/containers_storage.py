"""What podman and buildah have in common: images in containers-storage, and nearly the same commands."""

from pathlib import Path

from tests.integration.clients.archive import read_archive
from tests.integration.clients.client import Pushed, find, read_word, run
from tests.integration.clients.images import Content, Image


class ContainersStorageClient:
    """A client with a storage and a login file below `home`."""

    mounted = "mount OK"
    always_pull: tuple[str, ...] = ()

    def __init__(self, command: str, home: Path, *options: str) -> None:
        """`options` go before every subcommand; the Debian package has the command's name."""
        storage = ["--root", str(home / "root"), "--runroot", str(home / "run"), "--storage-driver", "vfs"]
        self._command = [find(command, package=command), *storage, *options]
        self._home = home
        # Without a file at all both end with "checking authfile: no such file".
        (home / "auth.json").write_text("{}")
        self._environment = {"REGISTRY_AUTH_FILE": str(home / "auth.json"), "HOME": str(home)}

    def load(self, image: Image, reference: str) -> None:
        """Import the layout and name the image."""
        self.run("tag", self.run("pull", "--quiet", image.source).strip(), reference)

    def push(self, reference: str, *, debug: bool = False) -> Pushed:
        """Push, in the format that the image came in."""
        digest = self._home / "digest"
        level = ["--log-level=debug"] if debug else []
        output = self.run(*level, "push", "--tls-verify=false", "--digestfile", str(digest), reference)
        return Pushed(read_word(digest), output)

    def pull(self, reference: str) -> str:
        """Pull and return the digest under which the storage keeps the image."""
        self.run("pull", *self.always_pull, "--tls-verify=false", reference)
        return self._listed(reference, "{{.Digest}}")

    def forget_everything(self) -> None:
        """Remove all images and indexes."""
        self.run("rmi", "--all", "--force")

    def content(self, reference: str) -> Content:
        """Save the image as an archive and read it."""
        archive = self._home / "saved.tar"
        archive.unlink(missing_ok=True)
        self.run("push", self._listed(reference, "{{.ID}}"), f"docker-archive:{archive}")
        return read_archive(archive)

    def login(self, host: str, user: str, password: str) -> None:
        """Log in with the password on standard input."""
        typed = password.encode()
        self.run("login", "--tls-verify=false", "--username", user, "--password-stdin", host, typed=typed)

    def logout(self) -> None:
        """Forget all passwords."""
        self.run("logout", "--all")

    def create_index(self, reference: str, *images: Image) -> None:
        """`manifest create` and `manifest add`: an index of the images, each with its own platform."""
        self.run("manifest", "create", reference)
        for image in images:
            self.run("manifest", "add", reference, image.source)

    def push_index(self, reference: str, *, target: str = "") -> Pushed:
        """`manifest push --all`: push an index and all its images, as `target` if that is given."""
        digest = self._home / "digest"
        push = ["manifest", "push", "--all", "--tls-verify=false"]
        names = [reference, f"docker://{target or reference}"]
        # buildah 1.28 forgets its error when it has a digest to write, so the digest is asked for afterwards.
        output = self.run(*push, *names)
        self.run(*push, "--digestfile", str(digest), *names)
        return Pushed(read_word(digest), output)

    def run(self, *arguments: str, typed: bytes = b"") -> str:
        """Run the client and return what it prints."""
        return run([*self._command, *arguments], self._environment, typed=typed)

    def _listed(self, reference: str, form: str) -> str:
        # An image with several names is listed once for each.
        return self.run("images", "--no-trunc", "--format", form, reference).split()[0]
