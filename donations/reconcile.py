"""Compare our books with Stripe's lists, and close every gap by the same steps as the events. Writes to nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations import asking, balance, gateway, letters, payments, plans, steps
from donations.models import Gift, Objection, Payout, Plan, Reconciliation, StripeSetup
from foundation.jobs import queue as jobs
from foundation.organisation import home

Status = Gift.Status
OVERLAP = timedelta(days=3)  # what the hourly run looks at again
SLOW = timedelta(days=45)  # no bank debit takes longer
CLOSING = timedelta(days=35)  # a payout may fail, and be explained, so long after it was made
CHUNK = 100
UNFINISHED = (Status.STARTED, Status.PENDING)
Progress = Callable[[str, int], None]


class Comparison:
    """One run. `apply` False looks only."""

    def __init__(self, since: datetime | None, apply: bool, progress: Progress) -> None:
        self.since, self.apply, self.progress = since, apply, progress
        self.found: Counter[str] = Counter()
        self.problems: list[str] = []
        self.gaps = 0

    def movements(self) -> None:
        """Everything that touched the balance must stand in the ledger, to the cent."""
        for some in _chunks(self._watched("movements", asking.movements(self.since))):
            missing = balance.unexplained(some)
            for movement in missing:
                self._mend("movements", movement.id, lambda movement=movement: balance.take(movement))  # type: ignore[misc]
            left = balance.unexplained(missing) if self.apply else missing
            self.gaps += len(left)
            self.problems += [f"not in our books: {movement.id}" for movement in left]

    def pages(self) -> None:
        """Payment pages that were finished, left or ran out, while their gift still waits."""
        seen = set()
        for page in self._watched("pages", asking.pages(self.since)):
            seen.add(page.id)
            if page.status != "open" and Gift.objects.filter(session_id=page.id, status__in=UNFINISHED).exists():
                self._page(page.id)
        now = timezone.now()
        waiting = Gift.objects.filter(status__in=UNFINISHED, created_at__gt=now - SLOW)
        for known in list(waiting.exclude(session_id=None).values_list("session_id", flat=True)):
            if known not in seen and gateway.checkout_page(known or "").status != "open":
                self._page(known or "")
        left = Gift.objects.filter(status=Status.STARTED, session_id=None, created_at__lt=now - timedelta(days=2))
        self.found["abandoned"] += left.count()
        if self.apply:
            left.update(status=Status.EXPIRED)

    def _page(self, ident: str) -> None:
        """A bank debit that is still on its way changes nothing, so it is no difference."""
        gift = Gift.objects.get(session_id=ident)
        if gift.status == Status.PENDING and not self.apply:
            return
        before = gift.status
        if self.apply:
            self._try(ident, lambda: steps.session_changed(ident))
            gift.refresh_from_db()
        if not self.apply or gift.status != before:
            self.found["pages"] += 1

    def plans(self) -> None:
        as_of = timezone.now()
        for subscription in self._watched("monthly gifts", asking.subscriptions()):
            plan = Plan.objects.filter(subscription_id=subscription.id).first()
            if plan and not plans.differs(plan, subscription):
                continue
            if not Gift.objects.filter(reference=subscription.reference).exists():
                continue

            def put(subscription: Any = subscription) -> None:
                with transaction.atomic():
                    plans.put(subscription, payments.lock(subscription.reference), as_of)

            self._mend("monthly gifts", subscription.id, put)

    def objections(self) -> None:
        for dispute in self._watched("disputes", asking.disputes(self.since)):
            known = Objection.objects.filter(stripe_object=dispute.id, status=dispute.status).exists()
            if not known and _ours(dispute.payment_intent):
                self._mend("disputes", dispute.id, lambda ident=dispute.id: steps.dispute_changed(ident))  # type: ignore[misc]
        for warning in self._watched("warnings", asking.fraud_warnings(self.since)):
            same = Objection.objects.filter(stripe_object=warning.id, actionable=warning.actionable)
            if not same.exists() and _ours(warning.payment_intent):
                self._mend("warnings", warning.id, lambda ident=warning.id: steps.fraud_suspected(ident))  # type: ignore[misc]

    def payouts(self) -> None:
        since = self.since - CLOSING if self.since else None
        for payout in self._watched("payouts", asking.payouts(since)):
            known = Payout.objects.filter(payout_id=payout.id, status=payout.status)
            settled = known.filter(unexplained=0) if payout.complete else known
            if not settled.exists():
                self._mend("payouts", payout.id, lambda ident=payout.id: balance.payout_changed(ident))  # type: ignore[misc]

    def _mend(self, name: str, ident: str, step: Callable[[], Any]) -> None:
        self.found[name] += 1
        if self.apply:
            self._try(ident, step)

    def _try(self, ident: str, step: Callable[[], Any]) -> None:
        """One row that cannot be mended does not keep the others from it."""
        try:
            step()
        except gateway.StripeIsDownError:
            raise
        except (payments.NotOursError, gateway.NotFoundError):
            return
        except Exception as error:  # whatever it is, staff see it, and the rest goes on
            self.problems.append(f"{ident}: {type(error).__name__}")

    def _watched(self, name: str, things: Iterable[Any]) -> Iterator[Any]:
        for count, thing in enumerate(things, start=1):
            self.progress(name, count)
            yield thing


def quietly(name: str, count: int) -> None:
    """Progress that nobody watches."""


def run(since: datetime | None = None, apply: bool = False, progress: Progress = quietly) -> Reconciliation:
    """Compare all that was made since a moment (UTC; None: ever). Only with `apply` is anything of it written.

    Raises StripeIsDownError, NotAtHomeError. Harmless to run twice, or two at once.
    """
    account = gateway.account()
    home.check_account(account)
    row = Reconciliation.objects.create(since=since, applied=apply, started_at=timezone.now())
    work = Comparison(since, apply, progress)
    with letters.silence():
        for part in (work.movements, work.pages, work.plans, work.objections, work.payouts):
            part()
    row.found, row.gaps, row.notes = dict(work.found), work.gaps, "\n".join(work.problems)[:4000]
    row.finished_at = timezone.now()
    row.save()
    if apply:
        setup, _made = StripeSetup.objects.get_or_create(account=account)
        StripeSetup.objects.filter(pk=setup.pk).update(reconciled_at=row.started_at)
    return row


@jobs.every("hour")
def hourly() -> None:
    """From a while before the last complete run on: whatever was missed since, however long the worker was away."""
    try:
        setup = StripeSetup.objects.filter(account=gateway.account()).first()
        last = setup.reconciled_at if setup else None
        run(last - OVERLAP if last else None, apply=True)
    except gateway.StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    except home.NotAtHomeError:
        return  # the next hour asks again


def _ours(payment_intent: str) -> bool:
    return bool(payment_intent) and Gift.objects.filter(payment_intent_id=payment_intent).exists()


def _chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while some := list(islice(rest, CHUNK)):
        yield some
