"""Gaps: what Stripe shows and our books cannot explain, each as a row that stays until something does."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.utils import timezone

from donations.models import Gap
from donations.stripe import objects
from donations.sync import balance

AT_ONCE = 500  # rows in memory


def record(account: str, txns: Iterable[objects.BalanceTransaction], why: dict[str, str]) -> None:
    """Upsert one open gap for each balance transaction. `why`: what went wrong while it was booked, by its id."""
    for txn in txns:
        fields: dict[str, Any] = {
            "type": txn.type[:80],
            "source": txn.source,
            "net": txn.net,
            "currency": txn.currency,
            "moved_at": txn.created,
            "why": why.get(txn.id, "")[:500],
            "explained_at": None,
        }
        Gap.objects.update_or_create(balance_transaction=txn.id, defaults={"account": account, **fields})


def record_unread(account: str, ident: str) -> None:
    """Record a balance transaction that we cannot parse: only its id is known."""
    Gap.objects.get_or_create(balance_transaction=ident, defaults={"account": account})


def close(txns: Collection[str]) -> None:
    """Close gaps: the ledger explains these balance transactions now, no matter who booked them."""
    Gap.objects.filter(balance_transaction__in=txns, explained_at=None).update(explained_at=timezone.now())


def close_explained(account: str) -> set[str]:
    """Close the open gaps that a ledger entry explains meanwhile. Does not call Stripe. Returns their ids."""
    closed: set[str] = set()
    for rows in _open(account):
        read = [row for row in rows if row.net is not None]
        left = {each.id for each in balance.unexplained(map(balance_transaction, read))}
        explained = {row.balance_transaction for row in read} - left
        close(explained)
        closed |= explained
    return closed


def older(account: str, seen: Collection[str]) -> Iterator[Gap]:
    """Open gaps that a run did not come upon by itself. They may be older than what it reads."""
    known = set(seen)
    for rows in _open(account):
        yield from (row for row in rows if row.balance_transaction not in known)


def _open(account: str) -> Iterator[list[Gap]]:
    """The open gaps, oldest first and some at a time: they may be closed meanwhile."""
    last = 0
    while rows := list(Gap.objects.open(account).filter(pk__gt=last).order_by("id")[:AT_ONCE]):
        yield rows
        last = rows[-1].pk


def balance_transaction(row: Gap) -> objects.BalanceTransaction:
    """Return the balance transaction of a gap, as Stripe showed it. The fee is in `net` already: such rows are booked
    by net or by their source.
    """
    return objects.BalanceTransaction(
        id=row.balance_transaction,
        type=row.type,
        gross=row.net or 0,
        fee=0,
        currency=row.currency,
        created=row.moved_at or row.found_at,
        source=row.source,
    )
