"""Django's migrate, which finishes the migration at hand when told to stop, and refuses tables of another shape."""

import signal
import threading
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from config import shape


class Command(migrate.Command):
    """Django commits a migration first and notes it afterwards: stopped between the two, each later start would make
    the same tables again, and fail.
    """

    told = False

    def execute(self, *args: Any, **options: Any) -> Any:
        _refuse_other_shape(options["database"])
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        heard = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
        before = {name: signal.signal(name, self.tell) for name in heard}
        try:
            with suppress(KeyboardInterrupt):
                super().handle(*args, **options)
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
        if self.told:
            signal.raise_signal(signal.SIGINT)  # now, to whoever called
            raise KeyboardInterrupt

    def tell(self, *_: Any) -> None:
        self.told = True

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.told and action.endswith("_start"):
            raise KeyboardInterrupt
        super().migration_progress_callback(action, migration, fake)


def _refuse_other_shape(database: str) -> None:
    """Django takes a first migration that is noted for done, whatever it made."""
    installed = {app.label for app in apps.get_app_configs()}
    applied = MigrationRecorder(connections[database]).applied_migrations()
    if other := shape.unknown(sorted(key for key in applied if key[0] in installed)):
        where = settings.DATA_DIR if connections[database].vendor == "sqlite" else "DATABASE_URL"
        raise CommandError(
            f"The data at {where} were made by another version of Road Out, and this one cannot carry them on: it does "
            f"not know {other}. Keep them for the version that made them, and start this one with an empty place."
        )
