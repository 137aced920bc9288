"""Writers that wait at the same time share one transaction, and each is told the truth."""

import itertools
import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TextIO

from tests.contracts.group import Group, Refused, take, take_and_refuse
from tests.contracts.processes import PATIENCE, process

_EACH = 50


def promise(number: int, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO promised VALUES (?)", (number,))


def end_the_transaction(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO taken VALUES (1)")
    connection.execute("INSERT OR ROLLBACK INTO taken VALUES (1)")


def test_writers_that_wait_at_the_same_time_share_one_transaction(group: Group) -> None:
    assert sorted(map(str, group.run(*(partial(take, number) for number in range(4))))) == ["0", "1", "2", "3"]
    assert group.statements.count("COMMIT") == 2
    assert group.numbers() == [0, 1, 2, 3]


def test_one_that_is_refused_does_not_undo_the_others(group: Group) -> None:
    outcomes = group.run(partial(take, 1), partial(take_and_refuse, 2), partial(take, 3))
    assert outcomes[::2] == [1, 3]
    assert isinstance(outcomes[1], Refused)
    assert group.numbers() == [1, 3]


def test_a_commit_that_fails_fails_everybody_and_nobody_afterwards(group: Group) -> None:
    outcomes = group.run(partial(take, 1), partial(promise, 99), partial(take, 3))
    assert [type(outcome) for outcome in outcomes] == [sqlite3.IntegrityError] * 3
    assert group.numbers() == []
    assert group.commit.run(partial(take, 4)) == 4
    assert group.numbers() == [4]


def test_who_was_refused_is_told_so_also_when_the_commit_fails(group: Group) -> None:
    outcomes = group.run(partial(take_and_refuse, 1), partial(promise, 99))
    assert [type(outcome) for outcome in outcomes] == [Refused, sqlite3.IntegrityError]


def test_one_with_whom_the_whole_transaction_is_lost_fails_everybody(group: Group) -> None:
    outcomes = group.run(partial(take, 3), end_the_transaction, partial(take, 4))
    assert [type(outcome) for outcome in outcomes] == [sqlite3.IntegrityError] * 3
    assert group.numbers() == []
    assert group.commit.run(partial(take, 4)) == 4


def test_nobody_is_told_before_others_see_it(group: Group) -> None:
    def write_and_look(number: int) -> bool:
        return group.commit.run(partial(take, number)) in group.numbers()

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(write_and_look, range(40)))


def test_a_lone_writer_needs_no_other(group: Group) -> None:
    before = threading.active_count()
    assert [group.commit.run(partial(take, number)) for number in range(3)] == [0, 1, 2]
    assert threading.active_count() == before


def test_a_process_killed_in_a_group_has_told_nobody_of_what_is_lost(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with process(die_in_a_group, tmp_path / "file", told, 20) as running:
        running.join(PATIENCE)
        assert running.exitcode == -signal.SIGKILL
    with closing(sqlite3.connect(tmp_path / "file")) as connection:
        numbers = {number for (number,) in connection.execute("SELECT number FROM taken")}
    assert {int(line) for line in told.read_text().split()} <= numbers
    assert 0 < len(numbers) < 4 * _EACH


def die_in_a_group(path: Path, told: Path, commits: int) -> None:
    """Write numbers from four threads and tell each; be killed before the COMMIT number `commits`."""
    group = Group(path)
    seen = itertools.count(1)

    def watch(statement: str) -> None:
        if statement == "COMMIT" and next(seen) == commits:
            os.kill(os.getpid(), signal.SIGKILL)

    group.connection.set_trace_callback(watch)
    with told.open("a", buffering=1) as telling, ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(_write_and_tell, group, telling), range(4)))


def _write_and_tell(group: Group, telling: TextIO, thread: int) -> None:
    def tell(number: int) -> str:
        return f"{group.commit.run(partial(take, number))}\n"

    telling.writelines(map(tell, range(thread * _EACH, (thread + 1) * _EACH)))
