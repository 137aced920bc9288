"""Names of repositories, tags and images, as a person writes them."""

import re
from dataclasses import dataclass

import click

_TEAM = re.compile(r"^[a-z][a-z0-9_-]+$")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")


@dataclass(frozen=True, slots=True)
class Reference:
    """`[REGISTRY/]TEAM/ARTIFACT:TAG`, or with `@DIGEST`; `registry` is empty where none was written."""

    registry: str
    repository: str
    name: str

    def __str__(self) -> str:
        """As it was written, without the registry."""
        return f"{self.repository}{'@' if _DIGEST.fullmatch(self.name) else ':'}{self.name}"


class Team(click.ParamType[str]):
    """A team's name."""

    name = "team"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what no team is called."""
        if not _TEAM.fullmatch(value):
            self.fail(f"{value!r} doesn't satisfy regular expression pattern {_TEAM.pattern!r}", param, ctx)
        return value


class ImageReference(click.ParamType[Reference]):
    """An image by its tag or digest."""

    name = "image"

    def convert(self, value: str | Reference, param: click.Parameter | None, ctx: click.Context | None) -> Reference:
        """Take it apart."""
        if isinstance(value, Reference):
            return value
        reference = parse_reference(value)
        if reference is None:
            self.fail(f"{value!r} is not of the form [REGISTRY/]TEAM/ARTIFACT:TAG", param, ctx)
        return reference


def parse_reference(text: str) -> Reference | None:
    """Read a reference; None if it is none."""
    registry, rest = _split_registry(text)
    repository, mark, name = rest.partition("@")
    if not mark:
        repository, _, name = rest.rpartition(":")
    team, slash, artifact = repository.partition("/")
    complete = _TEAM.fullmatch(team) and slash and artifact and name and not re.search(r"[\s?#%]", rest)
    return Reference(registry, repository, name) if complete else None


def _split_registry(text: str) -> tuple[str, str]:
    # As container clients tell a host from a team: it has a dot or a port, or is this machine.
    first, slash, rest = text.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return (first, rest) if is_host else ("", text)
