"""The program `pierone-server`: says what is missing where only the client is installed."""

import gc
import sys


def main() -> None:
    """Run `pierone-server`; exits with 1 where the extra `server` is not installed."""
    gc.disable()  # what imports make stays: looking through it for garbage takes a sixth of the start
    try:
        from pierone_http.__main__ import main as run  # noqa: PLC0415 - the import is what may fail
    except ModuleNotFoundError as error:
        sys.exit(f"pierone-server: {error.name} is missing; run pip install 'pierone[server]'")
    gc.freeze()
    gc.enable()
    run()
