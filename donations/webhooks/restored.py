"""Where the books are a restored copy, or begin on another Stripe account: what waits there troubles nobody."""

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


def quieten_what_waits() -> None:
    """Of a database that is a restored copy: donors may have been told meanwhile of what waited when it was made. It is
    booked and tells nobody, as what a comparison finds; staff see which receipts nobody was mailed.
    """
    for job in jobs.Job.objects.filter(kind="stripe-event", state__in=("ready", "running", "dead")):
        jobs.Job.objects.filter(pk=job.pk).update(args={**job.args, "silent": True})
