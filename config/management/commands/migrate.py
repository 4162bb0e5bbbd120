"""Django's migrate, which finishes the migration at hand when told to stop, and refuses unknown migrations."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from config import VERSION, shape

FORMER_LABELS = {"doors"}  # old labels of apps that were renamed: a database with their tables is of an earlier version


class Command(migrate.Command):
    """Stop between migrations only. Django commits a migration first and records it afterwards: stopped between the
    two, each later start would make the same tables again, and fail.
    """

    told = False

    def execute(self, *args: Any, **options: Any) -> Any:
        _refuse_other_shape(options["database"])
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        heard = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
        before = {name: signal.signal(name, self.tell) for name in heard}
        try:
            with suppress(KeyboardInterrupt), _known_settings():
                super().handle(*args, **options)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
        if self.told:
            signal.raise_signal(signal.SIGINT)  # now, to the caller
            raise KeyboardInterrupt

    def tell(self, *_: Any) -> None:
        self.told = True

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.told and action.endswith("_start"):
            raise KeyboardInterrupt
        super().migration_progress_callback(action, migration, fake)


@contextmanager
def _known_settings() -> Iterator[None]:
    """Keep which setting names which model, as AUTH_USER_MODEL does. Django forgets that of the site's own models
    whenever it makes those of a migration, and looks through all of them again: a sixth of the time of a new database.
    """
    vars(apps)["get_swappable_settings_name"] = cache(apps.get_swappable_settings_name)
    try:
        yield
    finally:
        del vars(apps)["get_swappable_settings_name"]


def _refuse_other_shape(database: str) -> None:
    """Refuse unknown migrations. Django takes an initial migration that is recorded for applied, whatever it made."""
    ours = {app.label for app in apps.get_app_configs()} | FORMER_LABELS
    applied = MigrationRecorder(connections[database]).applied_migrations()
    if other := shape.unknown(sorted(key for key in applied if key[0] in ours)):
        where = settings.DATA_DIR if connections[database].vendor == "sqlite" else "DATABASE_URL"
        raise CommandError(
            f"The data at {where} were made by another version of Road Out, and this one, {VERSION}, cannot carry them "
            f"on: it does not know {other}. Keep them for the version that made them, and start this one with an empty "
            "place."
        )
