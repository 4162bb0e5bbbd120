"""Forget what events said about people: after 90 days only type, ids and a hash of the body are kept."""

import hashlib
import json
from datetime import timedelta

from django.utils import timezone

from donations.models import StripeEvent
from foundation.jobs import queue as jobs

KEPT = timedelta(days=90)
REDUCED = '{"reduced": true'  # how a reduced body begins


@jobs.every("day")
def old_events() -> None:
    """Reduce the bodies of old events. They can still be replayed: a replay needs the type and the id only."""
    old = StripeEvent.objects.filter(received_at__lt=timezone.now() - KEPT).exclude(payload__startswith=REDUCED)
    for event in old.iterator(chunk_size=500):
        reduce(event)


def reduce(event: StripeEvent) -> None:
    """Keep of an event's body what names the change, and a SHA-256 by which the body can be recognised."""
    if event.payload.startswith(REDUCED):
        return
    digest = hashlib.sha256(event.payload.encode()).hexdigest()
    kept = {"reduced": True, "id": event.event_id, "type": event.type, "object": event.object_id, "sha256": digest}
    StripeEvent.objects.filter(pk=event.pk).update(payload=json.dumps(kept))
