"""The gate: both databases whatever happens, a second look that is said aloud, and no test that hangs."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests import conftest, databases
from tests.gate import GIFTS, OFFLINE_STRIPE, ON_POSTGRES, PAGES, SPELLED, Lane, gate, lanes, naming
from tests.running import ROOT

pytestmark = pytest.mark.processes  # pytest's own, for suites of a few lines
FLAKY = """
    seen = pathlib.Path(f"seen-{os.environ.get('DATABASE_URL', '')}-{NAME}")
    first = not seen.exists()
    seen.touch()
    assert not first
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of tests that a gate can be let loose on."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist -p pytest_timeout")
    monkeypatch.setenv("TEST_JOBS", "1")
    # script/flakes sets these; who reads them is a plug-in of ours, which these small suites do without.
    monkeypatch.delenv("TEST_ORDER", raising=False)
    monkeypatch.delenv("TEST_CLOCK", raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    finding: no second look\n")
    return tmp_path


def write(suite: Path, **tests: str) -> None:
    """A file with these tests: what each does, or `FLAKY`; names that end in _finding get the marker."""
    lines = ["import os, pathlib, pytest"]
    for name, body in tests.items():
        lines += ["@pytest.mark.finding"] if name.endswith("_finding") else []
        lines += [f"def test_{name}():", f"    NAME = {name!r}", *body.splitlines()]
    (suite / "test_some.py").write_text("\n".join(lines) + "\n")


def run(suite: Path, second: bool = True) -> int:
    two = [Lane("One", ["test_some.py"], root=suite), Lane("Other", ["test_some.py"], url="other", root=suite)]
    return gate(two, second=second)


def test_it_passes_when_all_pass_and_says_so_of_both(suite: Path, capfd: pytest.CaptureFixture) -> None:
    write(suite, good="    pass")
    assert run(suite) == 0
    said = capfd.readouterr().out
    assert said.count("1 passed") == 2 and "FLAKY" not in said and "FAILED" not in said


def test_it_names_in_the_last_lines_what_failed_once_and_then_passed(suite: Path, capfd: pytest.CaptureFixture) -> None:
    write(suite, shaky=FLAKY, good="    pass")
    assert run(suite) == 0
    assert capfd.readouterr().out.splitlines()[-2:] == [
        "FLAKY: test_some.py::test_shaky on One failed, then passed alone",
        "FLAKY: test_some.py::test_shaky on Other failed, then passed alone",
    ]


def test_it_fails_what_fails_twice_and_runs_the_other_database_all_the_same(
    suite: Path, capfd: pytest.CaptureFixture
) -> None:
    write(suite, bad="    assert 'DATABASE_URL' in os.environ", good="    pass")
    assert run(suite) == 1
    said = capfd.readouterr().out
    assert "2 passed" in said and said.splitlines()[-1] == "FAILED: test_some.py::test_bad on One"


def test_it_looks_only_once_when_more_than_three_failed_in_all(suite: Path, capfd: pytest.CaptureFixture) -> None:
    write(suite, one=FLAKY, two=FLAKY)
    assert run(suite) == 1
    said = capfd.readouterr().out
    assert "second look" not in said and said.count("FAILED: ") == 4


def test_it_looks_only_once_at_a_finding(suite: Path, capfd: pytest.CaptureFixture) -> None:
    write(suite, race_finding=FLAKY)
    assert run(suite) == 1
    assert "FLAKY" not in capfd.readouterr().out


def test_it_looks_only_once_when_a_person_runs_it(suite: Path) -> None:
    write(suite, shaky=FLAKY)
    assert run(suite, second=False) == 1


@pytest.mark.parametrize("file", ["import nothing_of_this_name", "import os\nos._exit(9)"])
def test_it_fails_when_pytest_cannot_do_its_work(suite: Path, file: str) -> None:
    (suite / "test_some.py").write_text(file)
    assert run(suite) == 1


def test_it_names_each_test_that_was_skipped_and_why(suite: Path, capfd: pytest.CaptureFixture) -> None:
    write(suite, lame="    pytest.skip('no legs')", good="    pass")
    assert run(suite) == 0
    assert "Skipped: test_some::test_lame on Other: no legs" in capfd.readouterr().out


@pytest.mark.parametrize(("required", "word"), [("", "skipped"), ("1", "failed")])
def test_it_skips_nothing_where_everything_is_required(
    suite: Path, monkeypatch: pytest.MonkeyPatch, required: str, word: str
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", required)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    write(suite, lame="    from tests import lacking\n    lacking.skip('legs')")
    done = subprocess.run([sys.executable, "-m", "pytest"], cwd=suite, capture_output=True, text=True)
    assert f"1 {word}" in done.stdout, done.stdout


def test_it_passes_no_run_without_a_test(suite: Path) -> None:
    write(suite)
    assert run(suite) == 1


@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "beside others"])
def test_it_ends_a_test_that_hangs_and_says_where_it_stood(suite: Path, options: list[str]) -> None:
    (suite / "test_some.py").write_text("import time\ndef test_hangs():\n    where_it_stood = time.sleep(500)\n")
    limit = ["-o", "timeout=1", "-o", "timeout_method=signal"]  # short: it shall run into it
    command = [sys.executable, "-m", "pytest", *limit, *options]
    done = subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=550)
    assert done.returncode == 1 and "Timeout" in done.stdout and "where_it_stood" in done.stdout


def test_it_narrows_every_lane_by_marks_and_divides_no_part_that_is_named() -> None:
    whole = lanes("", ["-m", "not browser"])
    assert len(whole) == len(lanes("", [])) == len(lanes("postgres://", [])) - 1
    assert all(lane.select[0] == "-m" and lane.select[1].endswith(" and (not browser)") for lane in whole)
    part = lanes("", ["tests/pledges", "-k", "crowd"])
    assert {tuple(lane.select[2:]) for lane in part} == {("tests/pledges", "-k", "crowd")}


def test_it_runs_each_file_about_gifts_in_one_of_two_lanes() -> None:
    halves = [lane.select[2:] for lane in lanes("", []) if lane.name.startswith("Gifts")]
    assert len(halves) == 2 and abs(len(halves[0]) - len(halves[1])) <= 1
    assert sorted(halves[0] + halves[1]) == sorted(str(path) for path in Path(GIFTS).rglob("test_*.py"))


@pytest.mark.parametrize("mark", SPELLED)
def test_it_takes_no_mark_from_a_file_that_its_lane_does_not_read(
    tmp_path: Path, mark: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by `pytestmark = MARKS_OF_ELSEWHERE`: the test would run by hand, and never in the gate."""
    monkeypatch.delenv("TEST_ORDER", raising=False)  # of script/flakes: the order of real files
    item = SimpleNamespace(path=tmp_path / "test_some.py", nodeid="test_some.py::test_it")
    item.get_closest_marker = lambda name: pytest.mark.once.mark if name in ("once", mark) else None
    for text, read in ((f"pytestmark = pytest.{SPELLED[mark][0]}", True), ("pytestmark = MARKS", False)):
        item.path = tmp_path / f"test_{read}.py"
        item.path.write_text(text)
        with nullcontext() if read else pytest.raises(pytest.UsageError, match=f"is marked {mark}, but its lane"):
            conftest.pytest_collection_modifyitems(request.config, [cast(pytest.Item, item)])


def test_it_reads_for_postgresql_what_may_differ_there_and_no_other_file() -> None:
    (there,) = (lane.select[2:] for lane in lanes("postgres://", []) if lane.name == "PostgreSQL")
    assert {*ON_POSTGRES, *naming("both"), *naming("postgres")} == {*there}
    assert "tests/test_house.py" not in there and "tests/stripe_sandbox/test_refusals.py" not in there


def test_it_keeps_what_python_compiles_for_all_processes_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    given = []

    def start(words: list[str], env: dict[str, str], **_: object) -> None:
        given.append(env)
        raise InterruptedError

    monkeypatch.setattr(databases.subprocess, "Popen", start)
    with pytest.raises(InterruptedError), databases.templates(""):
        pass
    assert given and not [env for env in given if "PYTHONDONTWRITEBYTECODE" in env]


def test_it_names_nothing_that_is_not_there() -> None:
    assert [path for path in (OFFLINE_STRIPE, PAGES, GIFTS, *ON_POSTGRES) if not (ROOT / path).exists()] == []


def test_it_gives_every_test_a_limit_that_only_a_hanging_one_meets(request: pytest.FixtureRequest) -> None:
    config = request.config
    assert config.getini("timeout") == "600" and config.getini("timeout_method") == "signal"
    assert config.getini("faulthandler_timeout") == 660 and config.getini("faulthandler_exit_on_timeout")


def test_it_shows_what_a_process_said_when_a_test_fails(suite: Path) -> None:
    """And the browser's part: its address, its console and a picture at a path that is there."""
    (suite / "conftest.py").write_text(
        "from tests.conftest import *\n"
        "def pytest_configure():\n    pass\n"
        "@pytest.fixture(autouse=True)\ndef empty_cache():\n    yield\n"
    )
    (suite / "test_some.py").write_text(
        "from pathlib import Path\n"
        "from tests import evidence\n"
        "class Page:\n"
        "    url, wrongs = 'http://localhost/give/', ['it was blocked']\n"
        "    def screenshot(self, path):\n        path.write_bytes(b'png')\n"
        "def test_fails(request):\n"
        "    log = Path('log.txt')\n"
        "    log.write_text('the last words of the worker')\n"
        "    evidence.watch('worker', log)\n"
        "    def opener(): pass\n"
        "    opener.pages = [Page()]\n"
        "    request.node.funcargs['open_page'] = opener\n"
        "    assert False\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-m", "pytest", "-p", "tests.early", "-p", "pytest_django"]
    done = subprocess.run(command, cwd=suite, env=env, capture_output=True, text=True, timeout=550)
    assert "the last words of the worker" in done.stdout, done.stdout + done.stderr
    assert "address: http://localhost/give/" in done.stdout and "console: it was blocked" in done.stdout
    picture = next(line for line in done.stdout.splitlines() if line.startswith("screenshot: "))
    assert Path(picture.removeprefix("screenshot: ")).read_bytes() == b"png"
