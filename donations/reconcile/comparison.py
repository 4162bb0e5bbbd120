"""Reconcile each list of Stripe's with our books. A part that fails stops no other, and is owed to the next run."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from donations.campaigns import matching
from donations.letters.audience import staff_alone
from donations.models import Dispute, Gap, Gift, Payout, Plan, Reconciliation
from donations.monthly import plans
from donations.reconcile import gaps
from donations.stripe import bulk, client, objects, parse, reads
from donations.stripe.errors import NoPermissionError, NotFoundError, StripeIsDownError
from donations.stripe.objects import Raw
from donations.sync import balance, from_stripe, orphans, payments
from foundation.jobs import queue as jobs

Status = Gift.Status
SLOW = timedelta(days=45)  # no bank debit takes longer
CLOSING = timedelta(days=35)  # a payout may fail, and be explained, so long after it was made
CHUNK = 100
UNFINISHED = from_stripe.OPEN
PARTS = ("balance_transactions", "checkout_sessions", "plans", "disputes", "warnings", "payouts")
Progress = Callable[[str, int, datetime | None], None]


class TurnIsOverError(Exception):
    """The run's time limit is over. Its row says where the next one continues."""


class Comparison:
    """One reconciliation run, from where its row says. With `apply` False it only reads."""

    def __init__(self, row: Reconciliation, progress: Progress, ends: datetime | None) -> None:
        self.row, self.progress, self.ends = row, progress, ends
        self.since, self.apply, self.account = row.since, row.applied, row.place["account"]
        self.found: Counter[str] = Counter(row.found)
        self.problems: list[str] = row.notes.splitlines()
        self.missing: list[str] = row.missing
        self.why: dict[str, str] = {}

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
        self.problems.append(f"{part} could not be compared: {why}")
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
        self.row.gaps = Gap.objects.open(self.account).count() if self.apply else len(self.missing)
        self.row.notes = "\n".join(self.problems)[:4000]
        self.row.save()
        if self.ends and timezone.now() >= self.ends and len(self.row.place["done"]) < len(PARTS):
            raise TurnIsOverError(f"read back to {self.row.place['after'] or 'the beginning'}")

    def balance_transactions(self) -> None:
        """Compare balance transactions: all that touched the balance must stand in the ledger, to the cent."""
        for some in _chunks(reads.balance_transactions(self.since, self.row.place["after"])):
            self._explain(list(self._read("balance transactions", some, parse.balance_transaction, self._unreadable)))
            if len(some) == CHUNK:
                self.row.place = {**self.row.place, "after": some[-1]["id"]}
                self._save_place()
        if self.apply:
            for rows in _chunks(gaps.older(self.account, self.missing)):
                self._explain([txn for row in rows if (txn := self._of_gap(row))])

    def _explain(self, some: list[objects.BalanceTransaction]) -> None:
        missing = balance.unexplained(some)
        doubtful = balance.perhaps_ours(some, ever=self.row.since is None) if self.apply else []
        with bulk.behind([*missing, *doubtful] if self.apply else []):
            for txn in missing:
                self._mend("balance transactions", txn.id, balance.book, txn, staff_alone)
            for txn in doubtful:
                self._try(txn.id, self._retry_foreign, txn)
        left = balance.unexplained(missing) if self.apply else missing
        self.missing += [txn.id for txn in left]
        self.problems += [f"not in our books: {txn.id}" for txn in left]
        if self.apply:
            gaps.record(self.account, left, self.why)
            gaps.close({txn.id for txn in some} - {txn.id for txn in left})

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
        self.missing.append(raw["id"])
        if self.apply:
            gaps.record_unread(self.account, raw["id"])

    def _of_gap(self, row: Gap) -> objects.BalanceTransaction | None:
        if row.net is not None:
            return gaps.balance_transaction(row)
        found: list[objects.BalanceTransaction | None] = []
        self._try(row.balance_transaction, lambda: found.append(reads.balance_transaction(row.balance_transaction)))
        return found[0] if found else None

    def checkout_sessions(self) -> None:
        """Compare Checkout Sessions that were finished, left or expired, while their gift still waits."""
        seen, listed = set(), reads.checkout_sessions(self.since)
        for some in _chunks(self._read("checkout sessions", listed, parse.checkout_session)):
            seen |= {session.id for session in some}
            left = [session.id for session in some if session.status != "open"]
            for ident in list(_waiting().filter(session_id__in=left).values_list("session_id", flat=True)):
                self._session(ident or "")
        now = timezone.now()
        waiting = _waiting().filter(created_at__gt=now - SLOW).exclude(session_id=None)
        for known in list(waiting.values_list("session_id", flat=True)):
            if known not in seen:
                self._try(known or "", self._unlisted_session, known or "")
        alone = Gift.objects.filter(status=Status.STARTED, session_id=None, created_at__lt=now - timedelta(days=2))
        self.found["abandoned"] += alone.count()
        if self.apply:
            matching.release_all(alone.filter(match__state="reserved"))
            alone.update(status=Status.EXPIRED)

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
        if gift.status in (Status.PENDING, Status.WAITING) and not self.apply:
            return
        before = gift.status
        if self.apply:
            self._try(ident, from_stripe.session_changed, ident, staff_alone)
            gift.refresh_from_db()
        if not self.apply or gift.status != before:
            self.found["checkout sessions"] += 1

    def plans(self) -> None:
        """Compare subscriptions. Whose it is, its metadata say; what others sell by the month is not looked into."""
        as_of = timezone.now()
        for some in _chunks(reads.subscriptions()):
            self.progress("monthly and yearly gifts", len(some), None)
            asked_for = Gift.objects.filter(reference__in=[parse.reference(raw) for raw in some])
            ours = set(asked_for.values_list("reference", flat=True))
            mine = [raw for raw in some if parse.reference(raw) in ours or payments.is_reference(parse.reference(raw))]
            known = Plan.objects.in_bulk([raw["id"] for raw in mine], field_name="subscription_id")
            for raw in mine:
                plan = known.get(raw["id"])
                self._try(raw["id"], self._plan, raw, plan, as_of)

    def _plan(self, raw: Raw, plan: Plan | None, as_of: datetime) -> None:
        subscription = parse.subscription(raw)
        if plan is None or plans.differs(plan, subscription):
            self._mend("monthly and yearly gifts", subscription.id, orphans.keep_plan, subscription, as_of, staff_alone)

    def disputes(self) -> None:
        """Compare disputes made since, and all that are open in our books: how one ended may be all that we missed."""
        seen = set()
        for dispute in self._read("disputes", reads.disputes(self.since), parse.dispute):
            seen.add(dispute.id)
            self._dispute(dispute)
        for ident in _idents(Dispute.objects.open_disputes(), seen):
            self._try(ident, lambda ident: self._dispute(reads.dispute(ident)), ident)

    def _dispute(self, fact: objects.Dispute) -> None:
        known = Dispute.objects.filter(stripe_object=fact.id, status=fact.status).exists()
        if not known and _ours(fact.payment_intent):
            self._mend("disputes", fact.id, from_stripe.dispute_changed, fact.id, staff_alone)

    def warnings(self) -> None:
        seen = set()
        for warning in self._read("warnings", reads.fraud_warnings(self.since), parse.warning):
            seen.add(warning.id)
            self._warning(warning)
        for ident in _idents(Dispute.objects.open_warnings(), seen):
            self._try(ident, lambda ident: self._warning(reads.fraud_warning(ident)), ident)

    def _warning(self, fact: objects.FraudWarning) -> None:
        same = Dispute.objects.filter(stripe_object=fact.id, actionable=fact.actionable)
        if not same.exists() and _ours(fact.payment_intent):
            self._mend("warnings", fact.id, from_stripe.fraud_suspected, fact.id, staff_alone)

    def payouts(self) -> None:
        since = self.since - CLOSING if self.since else None
        for payout in self._read("payouts", reads.payouts(since), parse.payout):
            known = Payout.objects.filter(payout_id=payout.id, status=payout.status)
            settled = known.filter(unexplained=0) if payout.complete else known
            if not settled.exists():
                self._mend("payouts", payout.id, balance.payout_changed, payout.id, staff_alone)

    def _mend(self, name: str, ident: str, step: Callable[..., Any], *args: Any) -> None:
        self.found[name] += 1
        if self.apply:
            self._try(ident, step, *args)

    def _try(self, ident: str, step: Callable[..., Any], *args: Any) -> None:
        """Repair one row: a failure does not keep the others from it. What a handler notes for staff is kept."""
        try:
            note = step(*args)
        except jobs.LeaseLostError:
            raise
        except (NoPermissionError, orphans.UnknownOrphanError) as error:
            self._say(ident, str(error))
        except StripeIsDownError:
            raise
        except (payments.NotOursError, NotFoundError):
            return
        except Exception as error:  # whatever it is, staff see it, and the rest goes on
            self._say(ident, type(error).__name__)
        else:
            if note:
                self.problems.append(f"{ident}: {note}")

    def _say(self, ident: str, why: str) -> None:
        self.problems.append(f"{ident}: {why}")
        self.why[ident] = why

    def _read(
        self, name: str, raws: Iterable[Raw], read: Callable[[Raw], Any], failed: Callable[[Raw], None] | None = None
    ) -> Iterator[Any]:
        """Parse each object, one by one; `failed` is told of what we cannot parse."""
        for count, raw in enumerate(raws, start=1):
            try:
                fact = read(raw)
            except Exception as error:  # an object of a form that nobody here has seen yet
                self._say(str(raw["id"]), type(error).__name__)
                if failed:
                    failed(raw)
                continue
            self.progress(name, count, getattr(fact, "created", None))
            yield fact


def _idents(rows: QuerySet[Dispute], seen: set[str]) -> list[str]:
    of_our_key = rows.filter(livemode=client.is_live()).exclude(stripe_object__in=seen)
    return list(of_our_key.values_list("stripe_object", flat=True))


def _waiting() -> QuerySet[Gift]:
    return Gift.objects.filter(status__in=UNFINISHED)


def _ours(payment_intent: str) -> bool:
    return bool(payment_intent) and Gift.objects.filter(payment_intent_id=payment_intent).exists()


def _chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while some := list(islice(rest, CHUNK)):
        yield some
