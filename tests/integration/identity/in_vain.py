"""What tests ask a source for in vain."""

import traceback
from collections.abc import Callable

import pytest
from tests.integration.identity.conftest import SOURCE

from pierone_core.errors import Unavailable

TOKEN = "t0ken-that-nobody-may-see"
SHORT = 0.2  # seconds of patience, for what is in vain


def check_unavailable(ask: Callable[[], object]) -> None:
    """`ask` is answered that the source is unavailable, by its name and nothing else."""
    with pytest.raises(Unavailable) as failure:
        ask()
    assert SOURCE in failure.value.message
    assert "127.0.0.1" not in failure.value.message
    assert TOKEN not in "".join(traceback.format_exception(failure.value))
