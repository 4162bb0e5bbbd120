"""What all tests share: fast hashing, plain static files, time limits, a database of their own, and the fixtures that
start real processes.
"""

import gc
import os
import random
import shutil
from collections.abc import Generator, Iterator
from contextlib import nullcontext

import hypothesis
import pytest
from _pytest import main
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from time_machine import TimeMachineFixture

from config.call_stack import roomy
from tests import clock, evidence
from tests.browsers import browser, open_page  # noqa: F401 - fixtures
from tests.databases import POSTGRES_TEMPLATE, SQLITE_TEMPLATE, own_name, sweep
from tests.gate import ON_POSTGRES, SPELLED, spells
from tests.running import ROOT, running_site, sandbox, truth  # noqa: F401 - fixtures

PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"

# The gate tries the same examples each time; HYPOTHESIS_PROFILE=nightly looks for new ones, and for many more.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


def pytest_configure() -> None:
    clock.begin()
    override_settings(  # enabled as a whole, so that Django drops the storages that it made already
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}},
        PREFILL=False,  # a worker that is run here makes Get help alone
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ).enable()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = {ROOT / path for path in ON_POSTGRES}
    for item in items:
        if "running_site" in getattr(item, "fixturenames", ()):
            item.add_marker("running_site")
        if _in_process(item) and (_commits(item) or item.path in on_postgres):
            item.add_marker("both")
        if lost := [mark for mark in SPELLED if item.get_closest_marker(mark) and not _is_read_for(mark, item)]:
            words = " or ".join(SPELLED[lost[0]])
            raise pytest.UsageError(f"{item.nodeid} is marked {lost[0]}, but its lane finds files by “{words}”.")
    if connection.vendor != "postgresql":
        alone = [item for item in items if item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=alone)
        items[:] = [item for item in items if item not in alone]
    items.sort(key=_order)


def _is_read_for(mark: str, item: pytest.Item) -> bool:
    """Whether the lane of the gate that runs what is marked so reads this file at all."""
    return spells(item.path, mark) or (mark == "both" and item.path in {ROOT / path for path in ON_POSTGRES})


def _in_process(item: pytest.Item) -> bool:
    """Without a process of its own, and not kept to SQLite."""
    return not any(item.get_closest_marker(name) for name in ("browser", "processes", "once"))


def _commits(item: pytest.Item) -> bool:
    """With transactions of its own: what several do at once."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def pytest_collection_finish() -> None:
    """What is there by now stays to the end: looking through it again and again takes a tenth of the time. What comes
    after is looked through more rarely than in a server: memory is there, and a twentieth of the time with it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> object:
    """The same loop as pytest's own, from the bottom of a stack with room. With `-n 2` both he who has others run the
    tests and these have loops of their own: with this one he would end at once, without a test.
    """
    if session.config.pluginmanager.has_plugin("dsession") or hasattr(session.config, "workerinput"):
        return None
    return roomy(main.pytest_runtestloop)(session)


def _order(item: pytest.Item) -> tuple[bool, bool, float]:
    """Tests that empty the database come last, as pytest-django has it: the rows that migrations made go with it.
    Before them those that share the starter content, so that it is loaded once and nobody meets it who wants an empty
    site. Besides, files stand in their own order, or, for script/flakes, in the one that a seed sets.
    """
    seed = os.environ.get("TEST_ORDER")
    place = random.Random(f"{seed} {item.path.relative_to(ROOT)}").random() if seed else 0
    return _commits(item), "loaded_once" in getattr(item, "fixturenames", ()), place


def pytest_runtest_setup(item: pytest.Item) -> None:
    evidence.begin(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        evidence.add(item, report)
    return report


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Every process of every run has a database of its own, also where two checkouts share a server."""
    from tests import emptying  # noqa: PLC0415 - once Django is set up

    emptying.prepare()
    database = settings.DATABASES["default"]
    # What a crash of the machine would lose is of no interest here; a crash of a process loses nothing.
    if database["ENGINE"].endswith("postgresql"):
        sweep(os.environ["DATABASE_URL"])
        database["TEST"]["NAME"] = own_name("road_out")
        database["TEST"]["TEMPLATE"] = os.environ.get(POSTGRES_TEMPLATE)
        database["OPTIONS"] = {**database.get("OPTIONS", {}), "options": "-c synchronous_commit=off"}
    else:
        command = str(settings.SQLITE_OPTIONS["init_command"]).replace("synchronous=FULL", "synchronous=OFF")
        database["OPTIONS"] = {**settings.SQLITE_OPTIONS, "init_command": command}
        if SQLITE_TEMPLATE in os.environ:
            shutil.copy(os.environ[SQLITE_TEMPLATE], database["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Django would remove the file of SQLite that was copied to the place of the tests' own."""
    return django_db_keepdb or (connection.vendor == "sqlite" and SQLITE_TEMPLATE in os.environ)


@pytest.fixture(autouse=True)
def the_day(request: pytest.FixtureRequest) -> Iterator[None]:
    """Real processes live today, and so do the tests that talk to them."""
    with clock.today() if request.node.get_closest_marker("processes") else nullcontext():
        yield


@pytest.fixture
def stopped(time_machine: TimeMachineFixture) -> None:
    """Tries come back with time: none does while a test runs, however slow the machine is."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Settings of Wagtail and allauth's limits are cached in the process: no test inherits another's."""
    cache.clear()
    yield
