"""A run of the drills ends with a report, however it ends."""

import sys
from contextlib import contextmanager

import pytest

from tests.drills import __main__ as drills
from tests.drills.yard import Yard


def it_holds(ground, asked) -> None:
    ground.report.now.checked["that books agree"] += 1


def it_fails(ground, asked) -> None:
    raise AssertionError("a cent is missing")


def it_is_stopped(ground, asked) -> None:
    ground.report.now.injected["kill -9 of a worker"] += 1
    drills._stopped(15, None)  # as SIGTERM does: whoever started the run lost patience


@pytest.fixture
def told(monkeypatch, tmp_path, capsys):
    """Run the drills of these names; what the report in the file says then, and what was printed."""

    @contextmanager
    def ground(say, rows):
        yield Yard(tmp_path, say, rows)

    monkeypatch.setattr(drills, "yard", ground)
    monkeypatch.setattr(drills.signal, "signal", lambda *_: None)
    for drill in (it_holds, it_fails, it_is_stopped):
        monkeypatch.setitem(drills.DRILLS, drill.__name__, drill)

    def run(*names: str) -> tuple[str, str]:
        report = tmp_path / "report.txt"
        monkeypatch.setattr(sys, "argv", ["script/drill", *names, "--report", str(report)])
        try:
            drills.main()
        except SystemExit as stopped:
            assert stopped.code == 143
        return report.read_text(), capsys.readouterr().out

    return run


def test_it_ends_with_a_report_where_it_is_stopped(told):
    report, said = told("it_holds", "it_is_stopped", "it_fails")
    assert "it_holds: held" in report and "it_is_stopped: STOPPED before its end" in report
    assert "kill -9 of a worker" in report and "it_fails" not in report
    assert report.strip() in said


def test_it_ends_with_a_report_where_a_drill_failed(told):
    report, said = told("it_fails", "it_holds")
    assert "it_fails: FAILED: a cent is missing" in report and "it_holds: held" in report
    assert said.rstrip().endswith("FAILED: it_fails")
