"""Everything the house knows about one person: told to them, forgotten, or joined, by each app for its own rows.

Apps above this one register their `person.py` in AppConfig.ready(); nothing here knows which apps there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from foundation.letters import forgetting as letters
from supporters.models import Supporter


class CannotEraseError(Exception):
    """Something runs on that would bring the person back. The text is a sentence that says what to end first."""


@dataclass(frozen=True)
class Move:
    """Another address, by whom (None: by the person, who proved it), and how staff made sure."""

    before: str
    after: str
    by: Any
    check: str


def _stay(supporter: Supporter, move: Move) -> None:
    """An app that keeps no address of its own has nothing to do."""


@dataclass(frozen=True)
class Person:
    """What one app does with its rows of a person.

    `export`: what is known, as plain values. `erase`: forget it, and return every address it was known under; raises
    CannotEraseError. `merge(old, new)`: the rows of the first become the second's. `move(supporter, move)`: another
    address. None of them calls the network.
    """

    export: Callable[[Supporter], Any]
    erase: Callable[[Supporter], set[str]]
    merge: Callable[[Supporter, Supporter], None]
    move: Callable[[Supporter, Move], None] = _stay


APPS: dict[str, Person] = {}


def register(
    app: str,
    *,
    export: Callable[[Supporter], Any],
    erase: Callable[[Supporter], set[str]],
    merge: Callable[[Supporter, Supporter], None],
    move: Callable[[Supporter, Move], None] = _stay,
) -> None:
    """One app's answers, by its name. Again is the same."""
    APPS[app] = Person(export, erase, merge, move)


def export(supporter: Supporter) -> dict[str, Any]:
    """What every app knows about a person, by app."""
    return {name: app.export(supporter) for name, app in APPS.items()}


@transaction.atomic
def erase(supporter: Supporter) -> None:
    """Forget a person, except what a law makes us keep (docs/privacy.md says which and why). There is no way back.

    Raises CannotEraseError, and then nothing is changed. Twice is once.
    """
    Supporter.objects.select_for_update().get(pk=supporter.pk)
    addresses = {supporter.email}
    for app in APPS.values():
        addresses |= app.erase(supporter)
    letters.to(addresses - {""})
    supporter.refresh_from_db()


@transaction.atomic
def merge(old: Supporter, new: Supporter) -> None:
    """Two rows are one person, as staff or the person themselves said: all that was the first's is the second's."""
    if old.pk == new.pk:
        return
    for app in APPS.values():
        app.merge(old, new)
    Supporter.objects.filter(pk=old.pk).delete()
