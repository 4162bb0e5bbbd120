"""Privacy registry: export, erasure, merge and change of address of one person, by each app for its own rows.

Apps above this one register their `privacy.py` in AppConfig.ready(); nothing here knows which apps there are.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, prefetch_related_objects

from foundation.letters import retention as letters
from foundation.letters.models import Letter
from staff import audit, export_jobs
from supporters import data_export, last_letter, own_rows
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


@dataclass(frozen=True)
class Part:
    """One sentence about erasure, as the person reads it before, and the columns that it speaks of.

    `columns`, "table.column": of what goes, where the person stood; of what stays, where they may still be named.
    `tables`: of what stays, where their rows stand as before. A test reads the whole database, and compares.
    """

    words: Any
    columns: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()


def part(words: Any, columns: Iterable[str] = (), tables: Iterable[str] = ()) -> Part:
    return Part(words, frozenset(columns), frozenset(tables))


def columns(table: str, *names: str) -> list[str]:
    return [f"{table}.{name}" for name in names]


def _unmoved(supporter: Supporter, move: Move) -> None:
    """The default `move`: an app that keeps no address of its own has nothing to do."""


def _nothing_came(old: Supporter, new: Supporter) -> None:
    """The default `split`."""


def _nothing(supporter: Supporter) -> list[Part]:
    """The default `stays`."""
    return []


@dataclass(frozen=True)
class Person:
    """The privacy functions of one app, for its rows of a person.

    `export`: what is known, as plain values, in rows of `data_export.facts`. `erase`: erase it, and return every
    address it was known under; raises CannotEraseError. `merge(old, new)`: the rows of the first become the second's.
    `split(old, new)`: a merge was undone, and what moved is the first's again; what came since and hangs on that goes
    with it. `move(supporter, move)`: another address. None of them calls the network. `goes` and `stays(supporter)` say
    what erasure does. `not_told`: models whose rows about a person are no part of the export, each with why.
    """

    export: Callable[[Supporter], dict[str, Any]]
    erase: Callable[[Supporter], set[str]]
    merge: Callable[[Supporter, Supporter], None]
    move: Callable[[Supporter, Move], None] = _unmoved
    split: Callable[[Supporter, Supporter], None] = _nothing_came
    goes: tuple[Part, ...] = ()
    stays: Callable[[Supporter], list[Part]] = _nothing
    not_told: Mapping[str, str] = field(default_factory=dict)


APPS: dict[str, Person] = {}


def register(
    app: str,
    *,
    export: Callable[[Supporter], dict[str, Any]],
    erase: Callable[[Supporter], set[str]],
    merge: Callable[[Supporter, Supporter], None],
    **more: Any,
) -> None:
    """Register the privacy functions of one app (see Person), by its name, in AppConfig.ready(). Idempotent."""
    APPS[app] = Person(export, erase, merge, **more)


def export(supporter: Supporter) -> dict[str, Any]:
    """Export what every app knows about a person, by app; the letters to them and what staff did with all of it."""
    supporter = copy(supporter)
    prefetch_related_objects([supporter], "former_addresses")  # each app asks for them
    told = {name: APPS[name].export(supporter) for name in _person_first()}
    told["supporters"]["letters"] = own_rows.letters(supporter, data_export.every_text(told))
    told["supporters"]["what staff did"] = own_rows.log(data_export.every_row(told))
    return told


def goes() -> list[Part]:
    """What erasure takes, in the order of the apps."""
    return [part for name in _person_first() for part in APPS[name].goes]


def stays(supporter: Supporter) -> list[Part]:
    """What erasure leaves of this very person."""
    return [part for name in _person_first() for part in APPS[name].stays(supporter)]


def _person_first() -> list[str]:
    return sorted(APPS, key="supporters".__ne__)


@transaction.atomic
def erase(supporter: Supporter) -> None:
    """Erase a person's data, except what a law makes us keep (docs/privacy.md says which and why). There is no way
    back.

    Raises CannotEraseError, and then nothing is changed. Idempotent.
    """
    before = Supporter.objects.select_for_update().get(pk=supporter.pk)
    addresses = {supporter.email}
    for name in sorted(APPS, key="supporters".__eq__):  # the person's own row last: the others find theirs by it
        addresses |= APPS[name].erase(supporter)
    forget_letters(Letter.objects.to_any(addresses - {""}))
    export_jobs.throw_away_all()  # any of them may name the person
    if before.email and not before.bounced_at:
        last_letter.write(before.pk, before.email, before.language)
    supporter.refresh_from_db()


def forget_letters(found: QuerySet[Letter]) -> None:
    """Forget whom these letters went to and what they said; the audit log, too, calls a letter by its address."""
    audit.forget_names(Letter, found.values_list("pk", flat=True))
    letters.forget_rows(found)


@transaction.atomic
def merge(old: Supporter, new: Supporter) -> None:
    """Merge two rows of one person, as staff or the person said: all that was the first's is the second's."""
    if old.pk == new.pk:
        return
    for app in APPS.values():
        app.merge(old, new)
    Supporter.objects.filter(pk=old.pk).delete()
