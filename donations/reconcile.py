"""Compare our books with Stripe's lists, and close every gap by the same steps as the events. Writes to nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from donations import alarms, asking, balance, bulk, facts, gateway, letters, matching, pace, payments, plans, steps
from donations.models import Gift, Objection, Payout, Plan, Reconciliation, StripeSetup
from foundation.jobs import queue as jobs
from foundation.organisation import home

Status = Gift.Status
OVERLAP = timedelta(days=3)  # what the hourly run looks at again
SLOW = timedelta(days=45)  # no bank debit takes longer
CLOSING = timedelta(days=35)  # a payout may fail, and be explained, so long after it was made
CHUNK = 100
CARRIED = 100  # movements without a row that the next run looks at again, one by one
UNFINISHED = steps.OPEN
TURN = timedelta(minutes=2)  # of the worker's, well within the lease of its job
RESUMABLE = timedelta(days=7)
PARTS = ("movements", "pages", "plans", "objections", "payouts")
Progress = Callable[[str, int, datetime | None], None]


class TurnIsOverError(Exception):
    """The run took its time. Its row says where the next one goes on."""


class Comparison:
    """One run, from where its row says. With `apply` False it looks only."""

    def __init__(self, row: Reconciliation, progress: Progress, ends: datetime | None) -> None:
        self.row, self.progress, self.ends = row, progress, ends
        self.since, self.apply = row.since, row.applied
        self.found: Counter[str] = Counter(row.found)
        self.problems: list[str] = row.notes.splitlines()
        self.missing: list[str] = row.missing

    def work(self) -> None:
        """Raises TurnIsOverError between two steps."""
        for part in PARTS:
            if part not in self.row.place["done"]:
                getattr(self, part)()
                self.row.place = {**self.row.place, "done": [*self.row.place["done"], part], "after": ""}
                self._stand()

    def _stand(self) -> None:
        """Write down how far it came."""
        self.row.found, self.row.missing, self.row.gaps = dict(self.found), self.missing, len(self.missing)
        self.row.notes = "\n".join(self.problems)[:4000]
        self.row.save()
        if self.ends and timezone.now() >= self.ends and len(self.row.place["done"]) < len(PARTS):
            raise TurnIsOverError(f"read back to {self.row.place['after'] or 'the beginning'}")

    def movements(self) -> None:
        """Everything that touched the balance must stand in the ledger, to the cent."""
        for some in _chunks(self._watched("movements", asking.movements(self.since, self.row.place["after"]))):
            self._explain(some)
            if len(some) == CHUNK:
                self.row.place = {**self.row.place, "after": some[-1].id}
                self._stand()
        known = [asking.movement(ident) for ident in _left_before(self.row) if ident not in self.missing]
        self._explain([movement for movement in known if movement])

    def _explain(self, some: list[facts.Movement]) -> None:
        missing = balance.unexplained(some)
        with bulk.behind(missing if self.apply else []):
            for movement in missing:
                self._mend("movements", movement.id, lambda movement=movement: balance.take(movement))  # type: ignore[misc]
        left = balance.unexplained(missing) if self.apply else missing
        self.missing += [movement.id for movement in left]
        self.problems += [f"not in our books: {movement.id}" for movement in left]

    def pages(self) -> None:
        """Payment pages that were finished, left or ran out, while their gift still waits."""
        seen = set()
        for some in _chunks(self._watched("pages", asking.pages(self.since))):
            seen |= {page.id for page in some}
            left = [page.id for page in some if page.status != "open"]
            for ident in list(_waiting().filter(session_id__in=left).values_list("session_id", flat=True)):
                self._page(ident or "")
        now = timezone.now()
        waiting = _waiting().filter(created_at__gt=now - SLOW).exclude(session_id=None)
        for known in list(waiting.values_list("session_id", flat=True)):
            if known not in seen and gateway.checkout_page(known or "").status != "open":
                self._page(known or "")
        alone = Gift.objects.filter(status=Status.STARTED, session_id=None, created_at__lt=now - timedelta(days=2))
        self.found["abandoned"] += alone.count()
        if self.apply:
            matching.release_all(alone.filter(match__state="reserved"))
            alone.update(status=Status.EXPIRED)

    def _page(self, ident: str) -> None:
        """A bank debit that is still on its way changes nothing, so it is no difference."""
        gift = Gift.objects.get(session_id=ident)
        if gift.status in (Status.PENDING, Status.WAITING) and not self.apply:
            return
        before = gift.status
        if self.apply:
            self._try(ident, lambda: steps.session_changed(ident))
            gift.refresh_from_db()
        if not self.apply or gift.status != before:
            self.found["pages"] += 1

    def plans(self) -> None:
        as_of = timezone.now()
        for some in _chunks(self._watched("monthly gifts", asking.subscriptions())):
            known = Plan.objects.in_bulk([each.id for each in some], field_name="subscription_id")
            asked_for = Gift.objects.filter(reference__in=[each.reference for each in some])
            ours = set(asked_for.values_list("reference", flat=True))
            for subscription in some:
                plan = known.get(subscription.id)
                same = plan and not plans.differs(plan, subscription)
                if not same and subscription.reference in ours:
                    self._mend("monthly gifts", subscription.id, lambda each=subscription: _put(each, as_of))  # type: ignore[misc]

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
        except (gateway.StripeIsDownError, jobs.LeaseLostError):
            raise
        except (payments.NotOursError, gateway.NotFoundError):
            return
        except Exception as error:  # whatever it is, staff see it, and the rest goes on
            self.problems.append(f"{ident}: {type(error).__name__}")

    def _watched(self, name: str, things: Iterable[Any]) -> Iterator[Any]:
        for count, thing in enumerate(things, start=1):
            self.progress(name, count, getattr(thing, "created", None))
            yield thing


def quietly(name: str, count: int, back_to: datetime | None) -> None:
    """Progress that nobody watches."""


def run(
    since: datetime | None = None,
    apply: bool = False,
    progress: Progress = quietly,
    turn: timedelta | None = None,
) -> Reconciliation:
    """Compare all that was made since a moment (UTC; None: ever). Only with `apply` is anything of it written.

    A run that was cut off goes on where it stood; what came since then is compared after it. Raises StripeIsDownError,
    NotAtHomeError, and TurnIsOverError when it takes longer than `turn`. Harmless to run twice, or two at once.
    """
    account = gateway.account()
    home.check_account(account)
    row = _cut_off(since, account) if apply else None
    resumed = row is not None
    place = {"account": account, "done": [], "after": ""}
    row = row or Reconciliation.objects.create(since=since, applied=apply, started_at=timezone.now(), place=place)
    with letters.silence(), pace.kept():
        Comparison(row, progress, timezone.now() + turn if turn is not None else None).work()
    row.finished_at = timezone.now()
    row.save()
    if apply:
        _remember(account, row)
        alarms.money_missing(row)
    return run(row.started_at - OVERLAP, apply, progress, turn) if resumed else row


def _cut_off(since: datetime | None, account: str) -> Reconciliation | None:
    """The newest run over the same days that a restart, Stripe or its turn ended before it was through."""
    young = Reconciliation.objects.filter(applied=True, since=since, started_at__gt=timezone.now() - RESUMABLE)
    row = young.first()
    if row is None or row.finished_at or row.place.get("account") != account:
        return None
    return row if row.place["done"] or row.place["after"] else None


def _left_before(row: Reconciliation) -> list[str]:
    """What the last complete run could not explain. It may be older than what this one reads."""
    if not row.applied:
        return []
    before = Reconciliation.objects.filter(applied=True, pk__lt=row.pk).exclude(finished_at=None).first()
    same = before and before.place.get("account") == row.place["account"]
    return list(before.missing[:CARRIED]) if before and same else []


def _remember(account: str, row: Reconciliation) -> None:
    """From where the hourly run goes on. A run over a few days says nothing of those between the last one and them."""
    setup, _made = StripeSetup.objects.get_or_create(account=account)
    if row.since is None or (setup.reconciled_at and row.since <= setup.reconciled_at):
        StripeSetup.objects.filter(pk=setup.pk).update(reconciled_at=row.started_at)


@jobs.every("hour")
def hourly() -> None:
    """From a while before the last complete run on: whatever was missed since, however long the worker was away."""
    try:
        setup = StripeSetup.objects.filter(account=gateway.account()).first()
        last = setup.reconciled_at if setup else None
        run(last - OVERLAP if last else None, apply=True, turn=TURN)
    except TurnIsOverError as error:
        raise jobs.RetryLaterError(1, str(error)) from error
    except gateway.StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    except home.NotAtHomeError:
        return  # the next hour asks again


def _put(subscription: facts.Subscription, as_of: datetime) -> None:
    with transaction.atomic():
        plans.put(subscription, payments.lock(subscription.reference), as_of)


def _waiting() -> QuerySet[Gift]:
    return Gift.objects.filter(status__in=UNFINISHED)


def _ours(payment_intent: str) -> bool:
    return bool(payment_intent) and Gift.objects.filter(payment_intent_id=payment_intent).exists()


def _chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while some := list(islice(rest, CHUNK)):
        yield some
