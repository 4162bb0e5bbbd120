"""What another Stripe account left open troubles nobody once a person has said whose place this is."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from donations.models import StripeEvent, StripeTrouble
from foundation.jobs import queue as jobs
from foundation.organisation.home import claimed


@receiver(claimed, dispatch_uid="road-out-newly-claimed")
def settle(**_kwargs: Any) -> None:
    """What Stripe refuses of us here it will refuse again, and staff hear of it then. Parked events of money that does
    not move here are tried once more, and found to be that.
    """
    StripeTrouble.objects.open().update(settled_at=timezone.now())
    foreign = StripeEvent.objects.exclude(pk__in=StripeEvent.objects.counted().values("pk"))
    keys = [event.job_key for event in foreign.filter(state=StripeEvent.State.FAILED).only("event_id")]
    for job in jobs.Job.objects.filter(key__in=keys):
        jobs.revive(job)
