"""The registry Pier One is compared with: Debian's docker-registry, or one the operator names with its command line."""

import argparse
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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
CONFIGURATION_PLACE = "{configuration}"
# distribution 3 sends its traces to a collector on this machine unless it is told that there is none.
ENVIRONMENT = {"OTEL_TRACES_EXPORTER": "none"}
VERSION = re.compile(r"\bv?\d+\.\d[\w.+~-]*")
VERSION_SECONDS = 10.0
UNKNOWN = "version unknown"


@dataclass(frozen=True)
class Peer:
    """A name for the report, and a command line with the placeholders of `filled`."""

    name: str
    command: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read NAME=COMMAND; raise argparse.ArgumentTypeError on a missing part and on an unknown placeholder."""
        name, _, command = text.partition("=")
        if not (name.strip() and command.strip()):
            message = f"{text!r} is not NAME=COMMAND"
            raise argparse.ArgumentTypeError(message)
        peer = cls(name.strip(), command.strip())
        try:
            peer.filled(Path("directory"), 0)
        except (LookupError, ValueError) as error:
            message = f"{command!r} is no command line with {{configuration}}, {{directory}}, {{host}} or {{port}}"
            raise argparse.ArgumentTypeError(message) from error
        return peer

    @property
    def program(self) -> str:
        """The name or the path of the program."""
        return shlex.split(self.command)[0]

    def filled(self, directory: Path, port: int) -> list[str]:
        """Return the words of the command line for a data directory and a port."""
        places = {"directory": directory, "host": HOST, "port": port, "configuration": _configuration_in(directory)}
        return [word.format_map(places) for word in shlex.split(self.command)]

    def kind(self) -> Kind:
        """Return the server to start; what takes distribution's configuration keeps tags as its link files."""
        return Kind(self.name, self._launch, has_tag_links=CONFIGURATION_PLACE in self.command)

    def version(self) -> str:
        """Return what the program says of its version, by `--version` or `version`."""
        for argument in ("--version", "version"):
            # The path of the program, which some repeat, may hold figures too.
            found = VERSION.search(_printed([self.program, argument]).replace(self.program, ""))
            if found:
                return found[0]
        return UNKNOWN

    def _launch(self, directory: Path, port: int) -> Launch:
        configuration = CONFIGURATION.format(directory=directory, host=HOST, port=port)
        _configuration_in(directory).write_text(configuration)
        return Launch(self.filled(directory, port), ENVIRONMENT)


def _configuration_in(directory: Path) -> Path:
    # Beside the data: a registry may take every directory and file in its own for content.
    return directory.with_suffix(".yml")


def _printed(command: list[str]) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=VERSION_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ""
    return result.stdout
