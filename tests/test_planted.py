"""The small breaks of tests/planted: each fits the source, and two are really made. `script/drill planted`: all."""

import ast
from dataclasses import replace

import pytest

from tests.planted.__main__ import copied, turns_red
from tests.planted.faults import FAULTS, Fault, StaleError
from tests.running import ROOT


def test_there_are_twenty_with_names_of_their_own() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names)) >= 20
    named_by_the_owner = {"fee_is_off_by_one", "receipt_comes_twice", "state_goes_back", "currency_is_swapped"}
    assert {*named_by_the_owner, "reconcile_skips_a_page"} <= set(names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_fits_the_source_that_there_is(fault: Fault) -> None:
    text = fault.broken(ROOT)
    ast.parse(text)
    assert text != (ROOT / fault.path).read_text()
    assert "def test_" in (ROOT / fault.red).read_text()


@pytest.mark.parametrize(
    "stale",
    [
        replace(FAULTS[0], before="def no_such_line"),
        replace(FAULTS[0], before="return"),
        replace(FAULTS[0], path="donations/gone.py"),
        replace(FAULTS[0], red="tests/donations/test_gone.py"),
    ],
)
def test_it_says_which_is_stale(stale: Fault) -> None:
    with pytest.raises(StaleError, match=stale.name):
        stale.broken(ROOT)


def test_two_turn_their_tests_red_and_a_harmless_one_stays_green(tmp_path, capsys) -> None:
    root = copied(tmp_path)
    chosen = [fault for fault in FAULTS if fault.name in ("fee_is_off_by_one", "receipt_comes_twice")]
    assert len(chosen) == 2 and all(turns_red(root, fault) for fault in chosen)
    harmless = replace(chosen[0], name="harmless", after=chosen[0].before + "  # as it was")
    assert not turns_red(root, harmless)
    said = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert said == [*(f"red   {fault.name}" for fault in chosen), "GREEN harmless"]
    assert (root / chosen[0].path).read_text() == (ROOT / chosen[0].path).read_text(), "it was taken out again"
