"""Privacy registry: export, erasure, merge and change of address of one person, by each app for its own rows.

Apps above this one register their `privacy.py` in AppConfig.ready(); nothing here knows which apps there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from foundation.letters import retention as letters
from supporters.models import Supporter


class CannotEraseError(Exception):
    """Erasure refused: something would bring the person back. The text is a sentence that says what to end first."""


@dataclass(frozen=True)
class Move:
    """A change of e-mail address, by whom (None: by the person, who proved it), and how staff made sure."""

    before: str
    after: str
    by: Any
    check: str


def _stay(supporter: Supporter, move: Move) -> None:
    """The default `move`: an app that keeps no address of its own has nothing to do."""


@dataclass(frozen=True)
class Person:
    """The privacy functions of one app, for its rows of a person.

    `export`: what is known, as plain values. `erase`: erase it, and return every address it was known under; raises
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
    """Register the privacy functions of one app, by its name, in AppConfig.ready(). Idempotent."""
    APPS[app] = Person(export, erase, merge, move)


def export(supporter: Supporter) -> dict[str, Any]:
    """Export what every app knows about a person, by app. Their earlier addresses are fetched once for all: each app
    finds its rows by them.
    """
    person = Supporter.objects.prefetch_related("former_addresses").get(pk=supporter.pk)
    return {name: app.export(person) for name, app in APPS.items()}


@transaction.atomic
def erase(supporter: Supporter) -> None:
    """Erase a person's data, except what a law makes us keep (docs/privacy.md says which and why). There is no way
    back.

    Raises CannotEraseError, and then nothing is changed. Idempotent.
    """
    Supporter.objects.select_for_update().get(pk=supporter.pk)
    addresses = {supporter.email}
    for name in sorted(APPS, key="supporters".__eq__):  # the person's own row last: the others find theirs by it
        addresses |= APPS[name].erase(supporter)
    letters.forget_recipients(addresses - {""})
    supporter.refresh_from_db()


@transaction.atomic
def merge(old: Supporter, new: Supporter) -> None:
    """Merge two rows of one person, as staff or the person said: all that was the first's is the second's."""
    if old.pk == new.pk:
        return
    for app in APPS.values():
        app.merge(old, new)
    Supporter.objects.filter(pk=old.pk).delete()
