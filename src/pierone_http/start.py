"""The program `pierone-server`: says what is missing where only the client is installed."""

import gc
import sys

# Libraries import these where they can, and do without where not. Nothing here uses them: structlog has rich for
# tracebacks with local variables, dependency-injector has yaml for settings, FastAPI asks of each model whether it is
# one of pydantic 1. Together they are 6 MiB and a tenth of the start.
_LEFT_OUT = ("pydantic.v1", "rich", "yaml")


def main() -> None:
    """Run `pierone-server`; exits with 1 where the extra `server` is not installed."""
    gc.disable()  # what imports make stays: looking through it for garbage takes a sixth of the start
    sys.modules.update(dict.fromkeys(_LEFT_OUT))  # type: ignore[arg-type]  # None: not to be had (`sys.modules`)
    try:
        from pierone_http.__main__ import main as run  # noqa: PLC0415 - the import is what may fail
    except ModuleNotFoundError as error:
        sys.exit(f"pierone-server: {error.name} is missing; run pip install 'pierone[server]'")
    gc.freeze()
    gc.enable()
    run()
