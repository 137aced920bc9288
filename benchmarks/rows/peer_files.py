"""Tags of docker-registry written as its own link files, for repositories it would need too long to fill."""

from pathlib import Path

from benchmarks.servers import Server


def link_tags(server: Server, repository: str, existing_tag: str, tags: list[str]) -> None:
    """Bind tags to what `existing_tag` is bound to (its revision link exists since it was pushed)."""
    directory = server.directory / "docker/registry/v2/repositories" / repository / "_manifests/tags"
    digest = (directory / existing_tag / "current/link").read_text()
    for tag in tags:
        _link(directory / tag / "current", digest)
        _link(directory / tag / "index" / digest.replace(":", "/"), digest)


def _link(directory: Path, digest: str) -> None:
    directory.mkdir(parents=True)
    (directory / "link").write_text(digest)
