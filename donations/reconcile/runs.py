"""Run the reconciliation with Stripe's lists, hourly or by command, and close every gap. Donors hear nothing of it.

The hourly run reads what is new since the last complete one; once a week it is a full walk over all that Stripe has.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from donations.letters import alarms
from donations.models import Reconciliation, StripeSetup
from donations.reconcile.comparison import Comparison, TurnIsOverError
from donations.reconcile.steps import Progress
from donations.stripe import client, throttle
from donations.stripe.errors import waiting_for_stripe
from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard

OVERLAP = timedelta(days=3)  # what the hourly run reads again: so long Stripe goes on sending an event that we refused
WEEK = timedelta(days=7)  # between two full walks
TURN = timedelta(minutes=2)  # time limit of one run in the worker, well within the lease of its job
RESUMABLE = timedelta(days=7)


def quietly(name: str, count: int, back_to: datetime | None) -> None:
    """Progress callback that shows nothing."""


def run(
    since: datetime | None = None,
    apply: bool = False,
    progress: Progress = quietly,
    turn: timedelta | None = None,
) -> Reconciliation:
    """Reconcile all that was made since a moment (UTC; None: ever, a full walk). Only with `apply` is anything written.

    A run that was cut off continues where it stood; what came since then is compared after it. Raises
    StripeIsDownError, WrongSiteError, and TurnIsOverError when it takes longer than `turn`. Idempotent: harmless to run
    twice, or two at once.
    """
    account = client.account()
    clone_guard.check_account(account)
    row = _cut_off(since, account) if apply else None
    resumed = row is not None
    place = {"account": account, "done": [], "after": "", "owed": _owed(account) if apply else {}}
    row = row or Reconciliation.objects.create(since=since, applied=apply, started_at=timezone.now(), place=place)
    with throttle.limited():
        Comparison(row, progress, timezone.now() + turn if turn is not None else None).work()
    row.finished_at = timezone.now()
    row.save()
    if apply:
        _remember(account, row)
        alarms.money_missing(row)
    return run(row.started_at - OVERLAP, apply, progress, turn) if resumed else row


def _cut_off(since: datetime | None, account: str) -> Reconciliation | None:
    """The newest run over the same days that a restart, Stripe or its time limit ended before it was through."""
    young = Reconciliation.objects.filter(applied=True, since=since, started_at__gt=timezone.now() - RESUMABLE)
    row = young.first()
    if row is None or row.finished_at or row.place.get("account") != account:
        return None
    return row if row.place["done"] or row.place["after"] else None


def _owed(account: str) -> dict[str, str]:
    """The parts that the last complete run could not compare, and from when on they must be read."""
    before = Reconciliation.objects.complete(account).first()
    return dict(before.place.get("failed", {})) if before else {}


def begin(account: str) -> datetime | None:
    """Return from when on a run reads what is new (UTC): a while before the last complete one began. None: ever."""
    setup = StripeSetup.objects.filter(account=account).first()
    return setup.reconciled_at - OVERLAP if setup and setup.reconciled_at else None


def walked(account: str) -> datetime | None:
    """When the last complete full walk began (UTC)."""
    last = Reconciliation.objects.complete(account).filter(since=None).first()
    return last.started_at if last else None


def _remember(account: str, row: Reconciliation) -> None:
    """Save where the hourly run continues. A run over a few days says nothing of those between the last one and it, and
    one that was overtaken by another takes nothing back.
    """
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    if row.since is None or (setup.reconciled_at and row.since <= setup.reconciled_at):
        later = StripeSetup.objects.filter(pk=setup.pk).exclude(reconciled_at__gt=row.started_at)
        later.update(reconciled_at=row.started_at)


@jobs.every("hour")
@waiting_for_stripe()
def hourly() -> None:
    """Reconcile, hourly, from a while before the last complete run on, however long the worker was away; weekly all."""
    try:
        account = client.account()
        last = walked(account)
        full = last is None or last < timezone.now() - WEEK
        run(None if full else begin(account), apply=True, turn=TURN)
    except TurnIsOverError as error:
        raise jobs.RetryLaterError(1, str(error)) from error
    except clone_guard.WrongSiteError:
        return  # the next hour asks again
