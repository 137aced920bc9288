"""`Metadata.alone` among processes: it goes with the process that held it."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import METADATA, give_back
from tests.contracts.processes import hold_alone, process, wait_for

from pierone_core.ports import Metadata


def is_alone(metadata: Metadata) -> bool:
    with metadata.alone("sweep") as alone:
        return alone


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql"])
def test_another_takes_over_when_the_process_that_was_alone_is_killed(adapter: str, tmp_path: Path) -> None:
    held = tmp_path / "held"
    with closing(METADATA[adapter](tmp_path)) as metadata:
        with process(hold_alone, adapter, tmp_path, held):
            wait_for(held.exists)
            assert not is_alone(metadata)
        wait_for(lambda: is_alone(metadata))
    give_back(tmp_path)
