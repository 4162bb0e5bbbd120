"""The starter content for many tests: loaded once for all of a folder, rolled back after the last."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import transaction


@contextmanager
def content(django_db_blocker: Any) -> Iterator[str]:
    """What loading said. Each test works in a savepoint of this transaction, so what it changes is gone before the
    next. Who holds it is called `loaded_once`: tests that want an empty database run before (`_order` in conftest.py).
    """
    with django_db_blocker.unblock(), transaction.atomic():
        said = io.StringIO()
        call_command("load_content", stdout=said)
        yield said.getvalue()
        transaction.set_rollback(True)
