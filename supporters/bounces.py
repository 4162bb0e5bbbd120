"""Bounces and spam complaints, by the webhook of the mail provider. Loaded only where django-anymail is installed."""

from typing import Any

from anymail.signals import EventType, RejectReason, tracking
from django.dispatch import receiver

from supporters import mailbox

NOT_DELIVERED = {EventType.BOUNCED, EventType.REJECTED}
GONE = {RejectReason.BOUNCED, RejectReason.INVALID}
TIRED = {EventType.COMPLAINED, EventType.UNSUBSCRIBED}


@receiver(tracking, dispatch_uid="road-out-bounces")
def hear(sender: Any, event: Any, esp_name: str, **rest: Any) -> None:
    """Signal receiver of anymail's tracking events. The provider's own suppression list counts as a bounce; a letter
    that is only late does not.
    """
    if not event.recipient:
        return
    refused = event.event_type in NOT_DELIVERED
    if refused and event.reject_reason in GONE:
        mailbox.bounced(event.recipient)
    elif event.event_type in TIRED or (refused and event.reject_reason == RejectReason.SPAM):
        mailbox.complained(event.recipient)
