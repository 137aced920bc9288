"""Tags written as distribution's own link files, for repositories it would need too long to fill."""

from benchmarks.servers import Server


def link_tags(server: Server, repository: str, existing_tag: str, tags: list[str]) -> None:
    """Bind tags to what `existing_tag` is bound to; the link of that revision is there since its push.

    Not written: each tag's index of former revisions, which neither tags/list nor a pull reads.
    """
    directory = server.directory / "docker/registry/v2/repositories" / repository / "_manifests/tags"
    digest = (directory / existing_tag / "current/link").read_text()
    for tag in tags:
        current = directory / tag / "current"
        current.mkdir(parents=True)
        (current / "link").write_text(digest)
