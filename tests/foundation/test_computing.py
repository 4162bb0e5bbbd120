"""Few compute at once, and where many read kept pages, they are left most of the time."""

import threading
import time
from types import SimpleNamespace

import pytest

from foundation.access import computing
from foundation.access.slots import Slots

NOBODY = computing.Pace(lambda: 0)


@pytest.fixture
def naps(monkeypatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(computing, "time", SimpleNamespace(**{**vars(time), "sleep": taken.append}))
    monkeypatch.setattr(computing, "SHARE", 1e9)  # what readers have is not over before a slow machine looks
    return taken


def hot() -> computing.Pace:
    """A process of which many read kept pages all the time."""
    reads = iter(range(0, 10**9, computing.HOT))
    return computing.Pace(lambda: next(reads))


def compute() -> None:
    began = time.thread_time()
    while time.thread_time() == began:
        pass


def ask(turn: computing.Turn, in_transaction: bool = False) -> str:
    connection = SimpleNamespace(in_atomic_block=in_transaction)
    return str(turn.ask(lambda *words: "asked", "SELECT 1", [], False, {"connection": connection}))


def test_it_lets_others_compute_while_one_waits_for_somebody_outside():
    turns, heard = Slots(1, stuck=60, longest=60), []

    def other() -> None:
        with computing.in_turn(turns, NOBODY) as turn:
            heard.append(turn.held)

    with computing.in_turn(turns, NOBODY) as turn:
        assert turn.held and turns.free == 0
        with computing.others_turn():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert heard == [True] and turn.held and turns.free == 0
    assert turns.free == 1
    with computing.others_turn():  # where nobody counts
        pass


def test_it_goes_on_without_a_turn_where_those_who_have_one_are_stuck():
    turns = Slots(1, stuck=0, longest=0)
    with computing.in_turn(turns, NOBODY), computing.in_turn(turns, NOBODY) as late:
        assert not late.held
        with computing.others_turn():
            assert turns.free == 0
    assert turns.free == 1


def test_it_waits_for_readers_before_it_asks_the_database_and_before_the_next_begins(naps):
    turns, pace = Slots(1, stuck=60, longest=60), hot()
    with computing.in_turn(turns, pace) as turn:
        assert naps == []
        compute()
        assert ask(turn) == "asked" and len(naps) == 1
        compute()
    assert pace.left() > 0
    with computing.in_turn(turns, pace):
        assert len(naps) == 2
    assert all(0 < nap <= computing.NAP for nap in naps)


def test_it_waits_for_nobody_where_few_read_nor_in_a_transaction_nor_for_ever(naps):
    turns = Slots(1, stuck=60, longest=60)
    with computing.in_turn(turns, NOBODY) as turn:
        compute()
        ask(turn)
    with computing.in_turn(turns, hot()) as turn:
        compute()
        ask(turn, in_transaction=True)
        assert naps == []
        for _ in range(100):
            compute()
            ask(turn)
    assert sum(naps) <= computing.NAPS + computing.NAP and naps
