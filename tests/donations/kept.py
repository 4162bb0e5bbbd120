"""What many tests begin with, made once and put back for the next: rows of ours and books at the offline Stripe.

A gift that is asked for, paid and told costs hundreds of queries; its rows cost a dozen. They are put back only into a
database that is, row for row, the one that they were made in, and into blank books: otherwise all is done again.
"""

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass
from functools import cache as once
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from tests.narrowing import not_none

if TYPE_CHECKING:
    from tests.donations.donor import Donor

HALF_AN_HOUR = 1800  # a day of any time zone ends at such a moment, and nothing is kept from one day to the next
# Of these there are many, and no test changes them; and what the database itself keeps beside another table.
LEFT = {"django_content_type", "auth_permission", "auth_group_permissions", "wagtailsearch_indexentry_fts"}

Rows = dict[str, frozenset[tuple]]


@dataclass
class Kept:
    before: Rows
    after: Rows
    tenant: str
    cookies: SimpleCookie


KEPT: dict[Hashable, Kept] = {}


def keep(what: Hashable, donor: "Donor", make: Callable[[], object]) -> bool:
    """Do what `make` does, or put back what came of it where `what` was done before. Returns whether it was done."""
    till = donor.till
    if not till.copy("nobody's"):
        make()
        return True
    who = tuple(sorted(donor.client.defaults.items()))
    key = (what, who, tuple(till.truth.items()), connection.vendor, int(timezone.now().timestamp()) // HALF_AN_HOUR)
    before, kept = rows(), KEPT.get(key)
    if kept and kept.before == before:
        till.copy(kept.tenant)
        put(kept.before, kept.after)
        donor.client.cookies = again(kept.cookies)
        cache.clear()
        return False
    make()
    archive = f"{till.tenant}-kept"  # the test goes on in its own
    till.sandbox.copy(till.tenant, archive)
    KEPT[key] = Kept(before, rows(), archive, again(donor.client.cookies))
    return True


def again(cookies: SimpleCookie) -> SimpleCookie:
    """The same cookies, also those of one name for several paths (foundation/access/path_cookies.py)."""
    return SimpleCookie({key: copy(morsel) for key, morsel in cookies.items()})


def rows() -> Rows:
    """Every row of every table that a test may change, as the database has it."""
    with connection.cursor() as cursor:
        found = {}
        for table in tables():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = frozenset(cursor.fetchall())
        return found


@once
def tables() -> dict[str, str]:
    """The column of the key, by table."""
    models = apps.get_models(include_auto_created=True)
    owned = [model._meta for model in models if model._meta.managed and not model._meta.proxy]
    return {meta.db_table: not_none(meta.pk.column) for meta in owned if meta.db_table not in LEFT}


def put(before: Rows, after: Rows) -> None:
    """Make of those rows these."""
    quoted = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:  # rows refer to rows that come after them
        for table, key in tables().items():
            gone, new = before[table] - after[table], after[table] - before[table]
            cursor.execute(f"SELECT * FROM {quoted(table)} LIMIT 0")
            names = [column[0] for column in cursor.description]
            place = names.index(key)
            for row in gone:
                cursor.execute(f"DELETE FROM {quoted(table)} WHERE {quoted(key)} = %s", [row[place]])
            if new:
                columns, marks = ", ".join(map(quoted, names)), ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {quoted(table)} ({columns}) VALUES ({marks})", list(new))
