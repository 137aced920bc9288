"""Container clients that log in with nothing but what `pierone login` wrote into a home."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.cli.command import Home
from tests.integration.clients.client import find, run
from tests.integration.clients.docker import Docker
from tests.integration.clients.images import Image


@dataclass(frozen=True)
class Pusher:
    """A client that can push an image and ask for it again, with the logins of `home`."""

    push: Callable[[Image, str], str]
    pull: Callable[[str], str]


def docker_pusher(docker: Docker, home: Home) -> Pusher:
    """Docker, with the home's configuration."""
    config = home.variables.get("DOCKER_CONFIG", str(home.docker_config.parent))
    environment = {**docker.environment, **home.environment, "DOCKER_CONFIG": config}

    def push(image: Image, reference: str) -> str:
        docker.load(image, reference)
        return run([find("docker", "docker.io"), "push", reference], environment)

    return Pusher(push, lambda reference: run([find("docker", "docker.io"), "pull", reference], environment))


def storage_pusher(command: str, home: Home, short: Path, *options: str) -> Pusher:
    """Podman and buildah, which have a storage (below `short`, for podman takes no long path)."""
    storage = ["--root", str(short / "root"), "--runroot", str(short / "run"), "--storage-driver", "vfs"]

    def ran(*arguments: str) -> str:
        return run([find(command, command), *storage, *options, *arguments], home.environment)

    def push(image: Image, reference: str) -> str:
        ran("tag", ran("pull", "--quiet", image.source).split()[-1], reference)
        return ran("push", "--tls-verify=false", reference)

    return Pusher(push, lambda reference: ran("pull", "--tls-verify=false", reference))


def skopeo_pusher(home: Home) -> Pusher:
    """Skopeo, with the home's configuration."""

    def ran(*arguments: str) -> str:
        return run([find("skopeo", "skopeo"), *arguments], home.environment)

    def push(image: Image, reference: str) -> str:
        return ran("copy", "--dest-tls-verify=false", image.source, f"docker://{reference}")

    return Pusher(push, lambda reference: ran("inspect", "--tls-verify=false", f"docker://{reference}"))
