"""What a run of charity-years leaves behind: its report, also of a run that was ended, and of one with a hole."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils import timezone

from tests import conftest
from tests.drills import __main__ as drill
from tests.simulator.alone import KINDS
from tests.simulator.charity import Charity


@pytest.fixture
def years(monkeypatch, tmp_path) -> Callable[..., tuple[int, str]]:
    """`script/drill years` whose stories are told by somebody else: its exit code and its report."""

    def run(years: int, told: dict[str, dict[str, int]], ends: type[BaseException] | int) -> tuple[int, str]:
        def live(*_: Any, env: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
            for number in "12":  # two stories, beside each other
                Path(env["SIMULATOR_REPORT"], f"{number}.json").write_text(json.dumps(told))
            if isinstance(ends, int):
                return subprocess.CompletedProcess([], ends)
            raise ends

        monkeypatch.setattr(drill.subprocess, "run", live)
        report = tmp_path / "report"
        monkeypatch.setattr("sys.argv", ["script/drill", "years", "--years", str(years), "--report", str(report)])
        try:
            code = drill.main()
        except KeyboardInterrupt:
            code = 130
        return code, report.read_text()

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return run


TOLD = {"injected": {"kills": 3, "payout fails": 0}, "checked": {"checks": 41}}


def test_it_says_what_an_interrupted_run_did(years):
    code, report = years(1000, TOLD, KeyboardInterrupt)
    assert code == 130 and "years: STOPPED" in report and "6 × kills" in report and "82 × checks" in report


def test_it_counts_what_was_told_before_a_story_failed(years):
    code, report = years(4, TOLD, 1)
    assert code == 1 and "years: FAILED" in report and "82 × checks" in report


def test_it_fails_for_a_kind_that_never_occurred_in_a_century(years):
    assert years(4, TOLD, 0)[0] == 0
    code, report = years(100, TOLD, 0)
    assert code == 1 and "it never occurred: payout fails" in report and "0 × payout fails" in report


def test_it_asks_for_every_kind_of_act_by_the_name_it_has():
    """By another name it would never have occurred, and each century failed."""
    charity = Charity(cast(Any, None), 1, 1)
    charity.begun_at, charity.begun = timezone.now(), 0
    acts = {charity.an_act()[0] for _ in range(5000)}
    assert acts - set(KINDS) == set() and "a dispute ends" in acts


@pytest.mark.parametrize("config", [{"plugin": "dsession"}, {"workerinput": {}}], ids=["divides", "is given"])
def test_a_process_that_divides_stories_and_one_that_is_given_some_keep_their_own_loops(config):
    """`--jobs 2` ended at once, without a story."""
    manager = SimpleNamespace(has_plugin=lambda name: name == config.get("plugin"))
    session = SimpleNamespace(config=SimpleNamespace(pluginmanager=manager, **config))
    assert conftest.pytest_runtestloop(cast("pytest.Session", session)) is None
