"""What only happens at a terminal."""

import os
import pty
import subprocess

from tests.integration.cli.command import DEADLINE, PROGRAMS, Home
from tests.integration.cli.pier_one import PierOne
from tests.integration.cli.test_inspect_contents import TOP
from tests.integration.identity.stand_in import StandIn


def at_a_terminal(home: Home, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Exit code, standard output, and what the terminal shows of the rest."""
    terminal, end = pty.openpty()
    os.write(terminal, typed.encode())
    program = [str(PROGRAMS / "pierone"), *arguments]
    environment = home.environment | {"TERM": "xterm"}
    done = subprocess.run(
        program, stdin=end, stdout=subprocess.PIPE, stderr=end, env=environment, timeout=DEADLINE, check=False
    )
    os.close(end)
    shown = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    except OSError:  # Linux: nobody has the other end any more
        pass
    os.close(terminal)
    return done.returncode, done.stdout.decode(), shown.decode()


def test_the_registry_is_asked_for_once_and_kept(home: Home, registry: StandIn) -> None:
    del home.variables["PIERONE_URL"]
    code, out, shown = at_a_terminal(home, "latest", "myteam", "myapp", typed=f"127.0.0.1:9\n{registry.url}\n")
    assert (code, out) == (0, "1.1\n")
    assert shown.count("Please enter the Pier One URL") == 2
    assert "cannot be reached" in shown
    assert (home.path / ".config/pierone.yaml").read_text() == f"url: {registry.url}\n"
    assert home.pierone("latest", "myteam", "myapp").out == "1.1\n"


def test_at_a_terminal_a_bar_shows_how_far_it_is(home: Home, pier_one: PierOne) -> None:
    pier_one.add_image("1.0", TOP)
    code, out, shown = at_a_terminal(home, "inspect-contents", "myteam", "myapp", "1.0", "-o", "tsv")
    assert code == 0
    assert "app/top" in out
    assert "bytes" in shown
    assert "bytes" not in home.pierone("inspect-contents", "myteam", "myapp", "1.0").err


def test_without_a_url_the_one_registry_of_an_earlier_login_is_meant(home: Home, registry: StandIn) -> None:
    del home.variables["PIERONE_URL"]
    assert home.pierone("login", "--url", registry.url).code == 0
    assert home.pierone("latest", "myteam", "myapp").out == "1.1\n"
