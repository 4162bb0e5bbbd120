"""Keep what Stripe shows and our books cannot explain, each as a row that stays until something does."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.utils import timezone

from donations.models import Gap
from donations.stripe import objects
from donations.sync import balance


def keep(account: str, movements: Iterable[objects.Movement], why: dict[str, str]) -> None:
    """One open row for each. `why`: what went wrong while it was booked, by its id at Stripe."""
    for movement in movements:
        fields: dict[str, Any] = {
            "type": movement.type[:80],
            "source": movement.source,
            "net": movement.net,
            "currency": movement.currency,
            "moved_at": movement.created,
            "why": why.get(movement.id, "")[:500],
            "explained_at": None,
        }
        Gap.objects.update_or_create(movement=movement.id, defaults={"account": account, **fields})


def keep_unread(account: str, ident: str) -> None:
    """A movement that we do not understand: only its id is known."""
    Gap.objects.get_or_create(movement=ident, defaults={"account": account})


def close(movements: Collection[str]) -> None:
    """The ledger explains these now, whoever booked them."""
    Gap.objects.filter(movement__in=movements, explained_at=None).update(explained_at=timezone.now())


def close_explained(account: str) -> set[str]:
    """Those that a row explains meanwhile. Asks nobody. Returns their ids."""
    rows = [row for row in Gap.objects.open(account) if row.net is not None]
    left = {each.id for each in balance.unexplained(map(movement, rows))}
    explained = {row.movement for row in rows} - left
    close(explained)
    return explained


def older(account: str, seen: Collection[str]) -> Iterator[Gap]:
    """The open ones that a run did not come upon by itself. They may be older than what it reads."""
    known = set(seen)
    for row in list(Gap.objects.open(account).order_by("id")):
        if row.movement not in known:
            yield row


def movement(row: Gap) -> objects.Movement:
    """As Stripe showed it. The fee is in `net` already: such rows are booked by net or by their source."""
    return objects.Movement(
        id=row.movement,
        type=row.type,
        gross=row.net or 0,
        fee=0,
        currency=row.currency,
        created=row.moved_at or row.found_at,
        source=row.source,
    )
