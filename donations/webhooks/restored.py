"""Webhook events in a restored copy, or on another Stripe account (clone guard): what waits there troubles nobody."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from donations.models import StripeEvent, StripeTrouble
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation.clone_guard import claimed


@receiver(claimed, dispatch_uid="road-out-newly-claimed")
def settle(**_kwargs: Any) -> None:
    """Signal receiver, once the site is claimed. Open refusals are resolved: what Stripe refuses of us here it will
    refuse again, and staff hear of it then. Failed events of the other mode, live or test, have their dead jobs
    revived, and are then ignored.
    """
    StripeTrouble.objects.open().update(settled_at=timezone.now())
    foreign = StripeEvent.objects.exclude(pk__in=StripeEvent.objects.counted().values("pk"))
    keys = [event.job_key for event in foreign.filter(state=StripeEvent.State.FAILED).only("event_id")]
    for job in Job.objects.filter(key__in=keys):
        jobs.retry_dead(job)


def quieten_what_waits() -> None:
    """Silence waiting events in a restored copy: donors may have been told meanwhile of what waited when it was made.
    They are booked and mail nobody, as in a reconciliation; staff see which receipts nobody was mailed.
    """
    for job in Job.objects.filter(kind__in=("stripe-event", "returned"), state__in=("ready", "running", "dead")):
        Job.objects.filter(pk=job.pk).update(args={**job.args, "silent": True})
