"""The installed programs `pierone` and `docker-credential-pierone`, with a home directory of their own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pierone_cli import credential_helper
from pierone_cli.__main__ import main

PROGRAMS = Path(sys.executable).parent
DEADLINE = 60.0
# What the shell of who runs the tests may have set.
FOREIGN = ("PIERONE_", "OAUTH", "CREDENTIALS_DIR", "DOCKER_CONFIG", "XDG_", "SSL_CERT", "REQUESTS_CA", "CURL_CA")


MAINS: dict[str, Callable[[], None]] = {"pierone": main, "docker-credential-pierone": credential_helper.main}


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was printed
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def table(self) -> list[list[str]]:
        """What it printed, as tsv."""
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass
class Home:
    """Somebody's home directory and environment."""

    path: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def docker_config(self) -> Path:
        """What container clients read."""
        return self.path / ".docker/config.json"

    @property
    def tokens(self) -> Path:
        """What `pierone login` keeps."""
        return self.path / ".local/state/pierone/tokens.json"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the programs."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        return inherited | {"HOME": str(self.path), "PATH": path, "NO_PROXY": "127.0.0.1"} | self.variables

    def pierone(self, *arguments: str, typed: str = "", **variables: str) -> Done:
        """Run `pierone`."""
        return self.run(["pierone", *arguments], typed, variables)

    def helper(self, action: str, typed: str = "", **variables: str) -> Done:
        """Run the credential helper."""
        return self.run(["docker-credential-pierone", action], typed, variables)

    def run(self, command: list[str], typed: str = "", variables: Mapping[str, str] | None = None) -> Done:
        """Run a program of ours in this process, which saves most of a second."""
        environment = {**self.environment, **(variables or {})}
        streams = [_stream(typed), _stream(), _stream()]
        names = ("stdin", "stdout", "stderr")
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, environment, clear=True))
            stack.enter_context(patch.object(sys, "argv", command))
            for name, stream in zip(names, streams, strict=True):
                stack.enter_context(patch.object(sys, name, stream))
            code = _exit_code(MAINS[command[0]])
        return Done(code, *(_content(stream) for stream in streams[1:]))

    def spawn(self, command: list[str], typed: str = "", variables: Mapping[str, str] | None = None) -> Done:
        """Run a program of ours as its users do."""
        with self.started(command, variables) as process:
            out, err = process.communicate(typed, DEADLINE)
        return Done(process.returncode, out, err)

    @contextmanager
    def started(
        self, command: list[str], variables: Mapping[str, str] | None = None
    ) -> Iterator["subprocess.Popen[str]"]:
        """Start a program of ours, which is gone at the end of the block."""
        program, pipe = [str(PROGRAMS / command[0]), *command[1:]], subprocess.PIPE
        environment = {**self.environment, **(variables or {})}
        with subprocess.Popen(program, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def read_docker_config(self) -> dict[str, Any]:
        """What the file holds."""
        return dict(json.loads(self.docker_config.read_text()))


def _stream(content: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content.encode()), encoding="utf-8", write_through=True)


def _content(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _exit_code(program: Callable[[], None]) -> int:
    try:
        program()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
