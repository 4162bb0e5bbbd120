"""Django's migrate, which finishes the migration at hand when it is told to stop."""

import signal
import threading
from contextlib import suppress
from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django commits a migration first and notes it afterwards: stopped between the two, each later start would make
    the same tables again, and fail.
    """

    told = False

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
