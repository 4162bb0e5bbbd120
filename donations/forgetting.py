"""Forget what events said about people, and who began a gift that never came."""

import hashlib
import json

from donations.models import AddressChange, Dedication, Gift, Opening, StripeEvent
from foundation.organisation import retention

REDUCED = '{"reduced": true'  # how a reduced body begins


def old_events(dry: bool = False) -> int:
    """Reduce the bodies of old events to type, ids and a hash. A replay needs no more. Returns how many."""
    old = StripeEvent.objects.filter(received_at__lt=retention.end("events")).exclude(payload__startswith=REDUCED)
    if dry:
        return old.count()
    count = 0
    for event in old.iterator(chunk_size=500):
        reduce(event)
        count += 1
    return count


def unpaid(dry: bool = False) -> int:
    """Gifts that were begun and never came lose their name and address. The row stays: Stripe may name it yet."""
    begun = Gift.objects.unfinished().filter(plan=None, supporter=None, created_at__lt=retention.end("unpaid"))
    ids = list(begun.exclude(name="", email="").values_list("pk", flat=True))
    if not dry:
        words(ids)
        Gift.objects.filter(pk__in=ids).update(name="", email="")
    return len(ids)


def words(gifts: list[int]) -> set[str]:
    """What donors wrote beside gifts: dedications go, with their cards, and mistyped addresses leave their changes.
    Returns the addresses that stood there.
    """
    Dedication.objects.filter(gift__in=gifts).delete()
    Opening.objects.filter(gift__in=gifts).delete()
    changes = AddressChange.objects.filter(gift__in=gifts)
    addresses = {address for pair in changes.values_list("before", "after") for address in pair}
    changes.update(before="", after="", check_made="")
    return addresses - {""}


def reduce(event: StripeEvent) -> None:
    """Keep of an event's body what names the change, and a SHA-256 by which the body can be recognised."""
    if event.payload.startswith(REDUCED):
        return
    digest = hashlib.sha256(event.payload.encode()).hexdigest()
    kept = {"reduced": True, "id": event.event_id, "type": event.type, "object": event.object_id, "sha256": digest}
    StripeEvent.objects.filter(pk=event.pk).update(payload=json.dumps(kept))
