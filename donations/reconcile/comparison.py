"""Reconcile each list of Stripe's with our books. A part that fails stops no other, and is owed to the next run.

A full walk (`since` None) looks at all that may differ. A run since a moment reads what was made since then, and what
changed without anything being made: Stripe's list of events names that (`changes`).
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from donations.campaigns import matching
from donations.letters.audience import staff_alone
from donations.models import Dispute, Gap, Gift, Payout, Plan, Reconciliation
from donations.monthly import plans
from donations.reconcile import changes, gaps, steps
from donations.reconcile.steps import Progress, Steps, chunks
from donations.stripe import bulk, client, objects, parse, reads
from donations.stripe.errors import NoPermissionError, NotFoundError, StripeIsDownError
from donations.stripe.objects import Raw
from donations.sync import balance, from_stripe, orphans, payments
from foundation.jobs import queue as jobs

Status = Gift.Status
SLOW = timedelta(days=45)  # no bank debit takes longer
CLOSING = timedelta(days=35)  # a payout may fail, and be explained, so long after it was made
UNFINISHED = from_stripe.OPEN
ON_THE_WAY = (Status.PENDING, Status.WAITING)  # the donor has done all, or all but one step
PARTS = ("balance_transactions", "checkout_sessions", "plans", "disputes", "warnings", "payouts")


class TurnIsOverError(Exception):
    """The run's time limit is over. Its row says where the next one continues."""


class Comparison(Steps):
    """One reconciliation run, from where its row says. With `apply` False it only reads."""

    def __init__(self, row: Reconciliation, progress: Progress, ends: datetime | None) -> None:
        super().__init__(row, progress)
        self.ends, self.since, self.account = ends, row.since, row.place["account"]
        self.changes: dict[datetime | None, changes.Changes | None] = {}

    def work(self) -> None:
        """Compare all parts. Raises TurnIsOverError between two batches, StripeIsDownError and LeaseLostError."""
        for part in PARTS:
            if part not in self.row.place["done"]:
                self._work_on(part)
                self.row.place = {**self.row.place, "done": [*self.row.place["done"], part], "after": ""}
                self._save_place()
        if self.apply and (booked := gaps.close_explained(self.account)):  # by a later part
            self.missing = [ident for ident in self.missing if ident not in booked]
            self.problems = [line for line in self.problems if line.rpartition(" ")[2] not in booked]
            self._save_place()

    def _work_on(self, part: str) -> None:
        """Compare one part. What Stripe does not let us read, or what we cannot, is noted in the row, and the other
        parts go on. The next run reads this one again from the same day on.
        """
        self.since = self._from(part)
        try:
            getattr(self, part)()
        except (TurnIsOverError, jobs.LeaseLostError):
            raise
        except NoPermissionError as error:
            self._fail(part, str(error))
        except StripeIsDownError:
            raise
        except Exception as error:
            self._fail(part, type(error).__name__)

    def _fail(self, part: str, why: str) -> None:
        self.note(f"{part} could not be compared: {why}")
        since = self.since.isoformat() if self.since else ""
        self.row.place = {**self.row.place, "failed": {**self.row.place.get("failed", {}), part: since}}

    def _from(self, part: str) -> datetime | None:
        """From when on a part is read (UTC): as the run says, or from where an earlier one could not."""
        owed = self.row.place.get("owed", {})
        if part not in owed:
            return self.row.since
        before = parse_datetime(owed[part]) if owed[part] else None
        return min(before, self.row.since) if before and self.row.since else None

    def _save_place(self) -> None:
        """Save how far it came. Raises TurnIsOverError when the time limit is over."""
        self.row.found, self.row.missing = dict(self.found), self.missing
        self.row.gaps = Gap.objects.open(self.account).count() if self.apply else self.lacking
        self.row.notes = "\n".join(self.problems)[:4000]
        self.row.save()
        if self.ends and timezone.now() >= self.ends and len(self.row.place["done"]) < len(PARTS):
            raise TurnIsOverError(f"read back to {self.row.place['after'] or 'the beginning'}")

    def balance_transactions(self) -> None:
        """Compare balance transactions: all that touched the balance must stand in the ledger, to the cent."""
        for some in chunks(reads.balance_transactions(self.since, self.row.place["after"])):
            self._explain(list(self._read("balance transactions", some, parse.balance_transaction, self._unreadable)))
            if len(some) == steps.CHUNK:
                self.row.place = {**self.row.place, "after": some[-1]["id"]}
                self._save_place()
        if self.apply:
            for rows in chunks(gaps.older(self.account, self.missing)):
                self._explain([txn for row in rows if (txn := self._of_gap(row))], together=False)

    def _explain(self, some: list[objects.BalanceTransaction], together: bool = True) -> None:
        """Book what is missing. `together`: they follow each other, so that lists of few pages hold what is behind."""
        missing = balance.unexplained(some)
        doubtful = balance.perhaps_ours(some, ever=self.row.since is None) if self.apply else []
        with bulk.behind([*missing, *doubtful] if self.apply and together else []):
            for txn in missing:
                self._mend("balance transactions", txn.id, balance.book, txn, staff_alone)
            for txn in doubtful:
                self._try(txn.id, self._retry_foreign, txn)
        left = balance.unexplained(missing) if self.apply else missing
        for txn in left:
            self.lack(txn.id)
            self.note(f"not in our books: {txn.id}")
        if self.apply:
            gaps.record(self.account, left, self.why)
            gaps.close({txn.id for txn in some} - {txn.id for txn in left})
        self.why.clear()

    def _retry_foreign(self, txn: objects.BalanceTransaction) -> str:
        """Retry money that was booked as foreign, when Stripe may not have said everything yet."""
        try:
            note = balance.book(txn, staff_alone)
        except orphans.UnknownOrphanError:
            return ""  # a person decided that
        self.found["balance transactions"] += not balance.is_foreign(txn)
        return note

    def _unreadable(self, raw: Raw) -> None:
        """A balance transaction of which we do not even understand the sum."""
        self.lack(raw["id"])
        if self.apply:
            gaps.record_unread(self.account, raw["id"])

    def _of_gap(self, row: Gap) -> objects.BalanceTransaction | None:
        if row.net is not None:
            return gaps.balance_transaction(row)
        found: list[objects.BalanceTransaction | None] = []
        self._try(row.balance_transaction, lambda: found.append(reads.balance_transaction(row.balance_transaction)))
        return found[0] if found else None

    def checkout_sessions(self) -> None:
        """Compare Checkout Sessions that were finished, left or expired, while their gift still waits.

        A bank debit is on its way for days: since a moment it is looked at once Stripe says that it ended.
        """
        now, changed = timezone.now(), self._changed()
        waiting = _waiting().filter(created_at__gt=now - SLOW).exclude(session_id=None)
        unseen = set(waiting.values_list("session_id", flat=True)) if changed is None else set(changed.sessions)
        listed = reads.checkout_sessions(self.since)
        for some in chunks(self._read("checkout sessions", listed, parse.checkout_session)):
            left = [session.id for session in some if session.status != "open"]
            found = _waiting().filter(session_id__in=left)
            if changed is not None:
                found = found.exclude(status__in=ON_THE_WAY)
            for ident in list(found.values_list("session_id", flat=True)):
                self._session(ident or "")
                unseen.discard(ident)
            if changed is None:
                unseen.difference_update(session.id for session in some)
        for idents in chunks(sorted(filter(None, unseen))):
            for known in list(waiting.filter(session_id__in=idents).values_list("session_id", flat=True)):
                self._try(known or "", self._session if changed else self._unlisted_session, known or "")
        alone = Gift.objects.filter(status=Status.STARTED, session_id=None, created_at__lt=now - timedelta(days=2))
        self.found["abandoned"] += alone.count()
        if self.apply:
            matching.release_all(alone.filter(match__state="reserved"))
            alone.update(status=Status.EXPIRED)

    def _changed(self) -> changes.Changes | None:
        """What changed since this part is read. None: all is looked at."""
        if self.since not in self.changes:
            self.changes[self.since] = changes.since(self.since)
        return self.changes[self.since]

    def _unlisted_session(self, ident: str) -> None:
        """Check a session that the list did not show. Nobody pays here on one of another account (a rehearsal's)."""
        try:
            is_open = reads.checkout_session(ident).status == "open"
        except NotFoundError:
            self._mend("checkout sessions", ident, from_stripe.session_is_gone, ident, staff_alone)
        else:
            if not is_open:
                self._session(ident)

    def _session(self, ident: str) -> None:
        """A bank debit that is still on its way changes nothing, so it is no difference."""
        gift = Gift.objects.get(session_id=ident)
        if gift.status in ON_THE_WAY and not self.apply:
            return
        before = gift.status
        if self.apply:
            self._try(ident, from_stripe.session_changed, ident, staff_alone)
            gift.refresh_from_db()
        if not self.apply or gift.status != before:
            self.found["checkout sessions"] += 1

    def plans(self) -> None:
        """Compare subscriptions. Whose it is, its metadata say; what others sell by the month is not looked into."""
        as_of, changed = timezone.now(), changes.subscriptions(self.since)
        looked_at: set[str] = set()
        for some in chunks(reads.subscriptions() if changed is None else changed):
            self.progress("monthly and yearly gifts", len(some), None)
            asked_for = Gift.objects.filter(reference__in=[parse.reference(raw) for raw in some])
            ours = set(asked_for.values_list("reference", flat=True))
            mine = [raw for raw in some if parse.reference(raw) in ours or payments.is_reference(parse.reference(raw))]
            known = Plan.objects.in_bulk([raw["id"] for raw in mine], field_name="subscription_id")
            self.why.clear()
            for raw in mine:
                plan = known.get(raw["id"])
                if changed is None:
                    self._try(raw["id"], self._plan, raw, plan, as_of)
                elif raw["id"] not in looked_at and (plan is None or changes.is_newer(raw, plan.as_of)):
                    looked_at.add(raw["id"])
                    self._changed_plan(raw["id"], plan)

    def _changed_plan(self, ident: str, plan: Plan | None) -> None:
        """Compare a subscription that an event names: that shows it in the form of its day, so it is fetched."""
        fetched = timezone.now()
        with suppress(NotFoundError):
            self._try(ident, self._plan, reads.raw_subscription(ident), plan, fetched)
        if plan and self.apply and ident not in self.why:  # the same, so it is not fetched again for that event
            Plan.objects.filter(pk=plan.pk, as_of=plan.as_of).update(as_of=fetched)

    def _plan(self, raw: Raw, plan: Plan | None, as_of: datetime) -> None:
        subscription = parse.subscription(raw)
        if plan is None or plans.differs(plan, subscription):
            self._mend("monthly and yearly gifts", subscription.id, orphans.keep_plan, subscription, as_of, staff_alone)

    def disputes(self) -> None:
        """Compare disputes made since, and all that are open in our books: how one ended may be all that we missed."""
        unseen = self._objections(Dispute.objects.open_disputes())
        for dispute in self._read("disputes", reads.disputes(self.since), parse.dispute):
            unseen.discard(dispute.id)
            self._dispute(dispute)
        for ident in sorted(unseen):
            self._try(ident, self._again, ident, reads.dispute, self._dispute)

    def _dispute(self, fact: objects.Dispute) -> bool:
        known = Dispute.objects.filter(stripe_object=fact.id, status=fact.status).exists()
        if not known and _ours(fact.payment_intent):
            self._mend("disputes", fact.id, from_stripe.dispute_changed, fact.id, staff_alone)
        return not known

    def warnings(self) -> None:
        unseen = self._objections(Dispute.objects.open_warnings())
        for warning in self._read("warnings", reads.fraud_warnings(self.since), parse.warning):
            unseen.discard(warning.id)
            self._warning(warning)
        for ident in sorted(unseen):
            self._try(ident, self._again, ident, reads.fraud_warning, self._warning)

    def _warning(self, fact: objects.FraudWarning) -> bool:
        known = Dispute.objects.filter(stripe_object=fact.id, actionable=fact.actionable).exists()
        if not known and _ours(fact.payment_intent):
            self._mend("warnings", fact.id, from_stripe.fraud_suspected, fact.id, staff_alone)
        return not known

    def _again(self, ident: str, read: Callable[[str], Any], differs: Callable[[Any], bool]) -> None:
        """Compare a dispute or warning that is open in our books. One that is the same is not asked for again until it
        changes.
        """
        as_of = timezone.now()
        if not differs(read(ident)) and self.apply:
            Dispute.objects.filter(stripe_object=ident, as_of__lt=as_of).update(as_of=as_of)

    def _objections(self, rows: QuerySet[Dispute]) -> set[str]:
        """The ids of those open in our books that may have ended: all in a full walk, else those that changed."""
        changed = self._changed()
        of_our_key = rows.filter(livemode=client.is_live()).values_list("stripe_object", "as_of")
        return {
            ident
            for ident, as_of in of_our_key
            if changed is None or (ident in changed.objections and changes.is_after(changed.objections[ident], as_of))
        }

    def payouts(self) -> None:
        since = self.since - CLOSING if self.since else None
        for payout in self._read("payouts", reads.payouts(since), parse.payout):
            known = Payout.objects.filter(payout_id=payout.id, status=payout.status)
            settled = known.filter(unexplained=0) if payout.complete else known
            if not settled.exists():
                self._mend("payouts", payout.id, balance.payout_changed, payout.id, staff_alone)


def _waiting() -> QuerySet[Gift]:
    return Gift.objects.filter(status__in=UNFINISHED)


def _ours(payment_intent: str) -> bool:
    return bool(payment_intent) and Gift.objects.filter(payment_intent_id=payment_intent).exists()
