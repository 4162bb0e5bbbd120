"""What all tests share: fast hashing, plain static files, time limits, a database of their own, and the fixtures that
start real processes.
"""

import os
import random
from collections.abc import Generator, Iterator
from contextlib import nullcontext

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import override_settings

from supporters import growing_guard
from tests import clock, evidence
from tests.browsers import browser, open_page  # noqa: F401 - fixtures
from tests.databases import own_name, sweep
from tests.running import ROOT, running_site, sandbox  # noqa: F401 - fixtures

PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
WITH_PROCESSES = 600  # seconds; the limit of all other tests is in pyproject.toml

# The gate tries the same examples each time; HYPOTHESIS_PROFILE=nightly looks for new ones, and for many more.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


def pytest_configure() -> None:
    clock.begin()
    override_settings(  # enabled as a whole, so that Django drops the storages that it made already
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ).enable()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    _empty_guarded_tables()


def _empty_guarded_tables() -> None:
    """Django empties the test database after a test with transactions of its own: there, and nowhere in the site, the
    triggers that keep the ledger from being emptied are lifted for that moment.
    """
    flush = BaseDatabaseOperations.execute_sql_flush

    def lifted(self, sql_list) -> None:
        using = self.connection.alias
        growing_guard.remove(using)
        try:
            flush(self, sql_list)
        finally:
            growing_guard.install(using)

    BaseDatabaseOperations.execute_sql_flush = lifted


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "TEST_ORDER" in os.environ:  # script/flakes: the files in any order
        items.sort(key=_any_order)
    for item in items:
        if item.get_closest_marker("processes") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(WITH_PROCESSES))


def _any_order(item: pytest.Item) -> tuple[bool, float]:
    """Files in the order that the seed sets. Tests that empty the database come last, as pytest-django has it: the rows
    that migrations made go with it.
    """
    marker = item.get_closest_marker("django_db")
    empties = bool(marker and marker.kwargs.get("transaction"))
    return empties, random.Random(f"{os.environ['TEST_ORDER']} {item.path.relative_to(ROOT)}").random()


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
    database = settings.DATABASES["default"]
    # What a crash of the machine would lose is of no interest here; a crash of a process loses nothing.
    if database["ENGINE"].endswith("postgresql"):
        sweep(os.environ["DATABASE_URL"])
        database["TEST"]["NAME"] = own_name("road_out")
        database["OPTIONS"] = {**database.get("OPTIONS", {}), "options": "-c synchronous_commit=off"}
    else:
        command = settings.SQLITE_OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        database["OPTIONS"] = {**settings.SQLITE_OPTIONS, "init_command": command}


@pytest.fixture(autouse=True)
def the_day(request: pytest.FixtureRequest) -> Iterator[None]:
    """Real processes live today, and so do the tests that talk to them."""
    with clock.today() if request.node.get_closest_marker("processes") else nullcontext():
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Settings of Wagtail and allauth's limits are cached in the process: no test inherits another's."""
    cache.clear()
    yield
