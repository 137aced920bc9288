"""The peer: Debian's docker-registry, or the registry whose command line the operator gives."""

import argparse
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import HOST, Kind, Launch

DEFAULT_PEER = "docker-registry=docker-registry serve {configuration}"
CONFIGURATION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {directory}}}
  delete: {{enabled: true}}
  cache: {{blobdescriptor: inmemory}}
http: {{addr: {host}:{port}}}
"""
# distribution 3 sends traces to a collector unless it is told that there is none; 2.8 has no traces.
ENVIRONMENT = {"OTEL_TRACES_EXPORTER": "none"}
VERSION = re.compile(r"\bv?\d+\.\d[\w.+~-]*")
VERSION_ARGUMENTS = ("--version", "version")


@dataclass(frozen=True)
class Peer(Kind):
    """A registry that is started by the words of a command line in which placeholders are filled in."""

    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name or the path of its program."""
        return self.words[0]

    @property
    def command(self) -> str:
        """The command line as it was given, with its placeholders."""
        return shlex.join(self.words).replace("'{", "{").replace("}'", "}")


def named(text: str) -> Peer:
    """Read NAME=COMMAND.

    Raises:
        argparse.ArgumentTypeError: a part is missing, or a placeholder is not known.
    """
    name, _, command = text.partition("=")
    words = tuple(shlex.split(command))
    if not name or not words:
        raise argparse.ArgumentTypeError("must be NAME=COMMAND")
    try:
        filled = _filled(words, Path("/nowhere"), 1)
    except (KeyError, IndexError, ValueError) as error:
        message = f"{error} is no placeholder; there are {{configuration}}, {{directory}}, {{host}} and {{port}}"
        raise argparse.ArgumentTypeError(message) from error

    return Peer(name, lambda d, p: d, words=words)
