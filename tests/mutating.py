"""The tests as mutmut starts them, once for each mutant: what takes seconds to make is kept from run to run.

Loaded by script/mutate.py only (pyproject.toml, [tool.mutmut]); docs/mutation.md says what came of it. With
TEST_SQLITE_TEMPLATE, the path of a migrated database, nothing is migrated: on a crowded machine that takes longer than
a test may.
"""

import atexit
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import stripe
from django.db import connection
from django.test.utils import setup_databases
from pytest_django.plugin import DjangoDbBlocker

from tests.stripe_sandbox.driver import Sandbox

START, STOP = Sandbox.start, Sandbox.stop


class Kept:
    """Fixtures in place of pytest-django's and of tests.running's."""

    template: sqlite3.Connection | None = None

    @pytest.fixture(scope="session")
    def django_db_setup(
        self,
        django_test_environment: None,
        django_db_modify_db_settings: None,
        django_db_keepdb: bool,
        django_db_blocker: DjangoDbBlocker,
    ) -> Iterator[None]:
        """The migrated database, made once; each later run begins with a copy of it."""
        with django_db_blocker.unblock():
            if Kept.template is None:
                setup_databases(verbosity=0, interactive=False, keepdb=django_db_keepdb)
                connection.ensure_connection()
                Kept.template = sqlite3.connect(":memory:", check_same_thread=False)
                connection.connection.backup(Kept.template)
            else:
                connection.ensure_connection()
                Kept.template.backup(connection.connection)
        yield

    @pytest.fixture(autouse=True)
    def unprepared(self) -> None:
        """Who builds a prepared query is asked in each test: mutmut would know of the first one alone that it reaches
        the builder, and a mutant of it would find the query there that was built before the fork.
        """
        vars(connection).pop("road_out_prepared", None)
        for name, module in list(sys.modules.items()):
            if name.startswith("donations."):  # what a function keeps of its answers, a mutant of it would give as well
                for each in vars(module).values():
                    if callable(getattr(each, "cache_clear", None)):
                        each.cache_clear()


@cache
def shared_sandbox() -> Sandbox:
    """One process for the whole session; every test takes a tenant of its own."""
    folder = tempfile.TemporaryDirectory(prefix="road-out-mutating-")
    made = START(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(STOP, made)
    return made


def pytest_configure(config: pytest.Config) -> None:
    """Called at each run. Registered last, so that these fixtures win."""
    if config.pluginmanager.has_plugin("kept"):
        return
    config.pluginmanager.register(Kept(), "kept")
    Sandbox.start = lambda directory, **options: (  # type: ignore[method-assign]
        START(directory, **options) if options else shared_sandbox()
    )
    Sandbox.stop = lambda self: 0 if self is shared_sandbox() else STOP(self)  # type: ignore[method-assign]
    # What is tried again is tried at once. Stripe's own longest delay is a whole number.
    stripe.HTTPClient.INITIAL_DELAY = stripe.HTTPClient.MAX_DELAY = 0.001  # type: ignore[assignment]
    hypothesis.settings.register_profile("mutating", deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("mutating")
