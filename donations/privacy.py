"""Personal data of giving, for the privacy registry: export, merge, erasure as far as law lets us, and retention."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from donations import money
from donations.giving import addresses
from donations.models import AddressChange, Dedication, Gift, Opening, Plan, StripeEvent
from donations.my.own_gifts import ON_ITS_WAY, gifts_of
from foundation.organisation import retention_periods
from supporters import privacy_registry
from supporters.models import Supporter

AT_ONCE = 20  # ids looked for in one pass over the events
REDUCED = '{"reduced": true'  # how a reduced body begins


def export(supporter: Supporter) -> dict[str, Any]:
    """Export gifts with their receipts, and monthly and yearly gifts. Sums are written out with their currency."""
    gifts = list(gifts_of(supporter).order_by("id").prefetch_related("receipts"))
    dedications = {each.gift_id: each for each in Dedication.objects.filter(gift__in=gifts)}
    return {
        "gifts": [
            {
                "reference": gift.reference,
                "sum": money.exact(gift.total, gift.currency),
                "status": gift.status,
                "name": gift.name,
                "company": gift.company,
                "email": gift.email,
                "begun": gift.created_at,
                "paid": gift.paid_at,
                "dedication": _dedication(dedications.get(gift.pk)),
                "receipts": [receipt.label for receipt in reversed(gift.receipts.all())],
            }
            for gift in gifts
        ],
        "monthly and yearly gifts": [
            {
                "sum": money.exact(plan.total, plan.currency),
                "frequency": plan.frequency,
                "status": plan.status,
                "since": plan.started_at,
                "ended": plan.ended_at,
            }
            for plan in supporter.plans.order_by("id")
        ],
    }


def _dedication(row: Dedication | None) -> dict[str, Any]:
    """With all of its card: the donor wrote it."""
    if row is None:
        return {}
    card = {"card to": row.card_to, "card from": row.card_from, "message": row.message, "card on": row.card_on}
    return {"kind": row.kind, "name": row.name, **card}


def erase(supporter: Supporter) -> set[str]:
    """Erase names and addresses from the gifts and from all that Stripe told us of them. Returns the addresses that
    stood there.

    Ledger and receipts stay as they are: the first names nobody, the second is a tax document that must be kept. Raises
    CannotEraseError while a monthly or yearly gift runs or a bank debit is on its way: its next event would bring the
    name back.
    """
    if supporter.plans.counted().running().exists():
        raise privacy_registry.CannotEraseError(gettext("A monthly or yearly gift still runs. End it first."))
    gifts = gifts_of(supporter).select_for_update()
    if any(gift.status in ON_ITS_WAY for gift in gifts):
        raise privacy_registry.CannotEraseError(
            gettext("A bank payment is still on its way. Wait until it has come or failed.")
        )
    known = {gift.email for gift in gifts}
    known_as = {supporter.email, *known}
    for gift in gifts:
        known_as |= {gift.reference, gift.session_id or "", gift.payment_intent_id or "", gift.invoice_id or ""}
    for plan in supporter.plans.all():
        known_as |= {plan.subscription_id, plan.customer_id}
    _reduce_events(known_as - {""})
    ids = [gift.pk for gift in gifts]
    known |= words(ids)
    Gift.objects.filter(pk__in=ids).update(email="", name="", company="", session_url="", supporter=supporter)
    return known


def merge(old: Supporter, new: Supporter) -> None:
    Gift.objects.filter(supporter=old).update(supporter=new)
    Plan.objects.filter(supporter=old).update(supporter=new)


def _reduce_events(words: Iterable[str]) -> None:
    """Reduce every webhook event whose body holds one of these. A reduced one can still be processed."""
    whole = StripeEvent.objects.exclude(payload__startswith=REDUCED)
    for some in _some(words):
        wanted = Q(pk__in=[])
        for word in some:
            for written in _written(word):
                wanted |= Q(payload__icontains=written)
        for event in whole.filter(wanted).iterator(chunk_size=200):
            reduce(event)


def _written(word: str) -> set[str]:
    """How an event may write it: JSON may tell a letter by its number, and SQLite knows the capitals of ASCII alone."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper()}
    return forms | {json.dumps(form)[1:-1] for form in forms}


def _some(words: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(sorted(words))
    while some := list(islice(rest, AT_ONCE)):
        yield some


def old_events(dry: bool = False) -> int:
    """Retention: reduce old webhook events to type, ids and a hash. A replay needs no more. Returns how many."""
    old = StripeEvent.objects.filter(received_at__lt=retention_periods.end("events")).exclude(
        payload__startswith=REDUCED
    )
    if dry:
        return old.count()
    count = 0
    for event in old.iterator(chunk_size=500):
        reduce(event)
        count += 1
    return count


def unpaid(dry: bool = False) -> int:
    """Retention: blank names and address of gifts that were never paid. The row stays: Stripe may name it yet."""
    begun = Gift.objects.unfinished().filter(plan=None, supporter=None, created_at__lt=retention_periods.end("unpaid"))
    ids = list(begun.exclude(name="", company="", email="").values_list("pk", flat=True))
    if not dry:
        words(ids)
        Gift.objects.filter(pk__in=ids).update(name="", company="", email="", session_url="")
    return len(ids)


def words(gifts: list[int]) -> set[str]:
    """Erase what donors wrote beside gifts: dedications go, with their cards, and mistyped addresses leave their
    changes. Returns the addresses that stood there.
    """
    Dedication.objects.filter(gift__in=gifts).delete()
    Opening.objects.filter(gift__in=gifts).delete()
    changes = AddressChange.objects.filter(gift__in=gifts)
    addresses = {address for pair in changes.values_list("before", "after") for address in pair}
    changes.update(before="", after="", check_made="")
    return addresses - {""}


def reduce(event: StripeEvent) -> None:
    """Reduce an event's body to what names the change, and a SHA-256 by which the body can be recognised."""
    if event.payload.startswith(REDUCED):
        return
    digest = hashlib.sha256(event.payload.encode()).hexdigest()
    kept = {"reduced": True, "id": event.event_id, "type": event.type, "object": event.object_id, "sha256": digest}
    StripeEvent.objects.filter(pk=event.pk).update(payload=json.dumps(kept))


privacy_registry.register("donations", export=export, erase=erase, merge=merge, move=addresses.move)
