"""What Stripe has, asked for over HTTP by its own addresses and without any code of donations/, against our rows."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import mail
from django.utils import timezone

from donations.models import Dispute, Gift, LedgerEntry, Payout, Plan, Receipt
from foundation.letters.models import Letter
from tests.donations.donor import Till
from tests.narrowing import not_none
from tests.stripe_sandbox.web import http

WHO = {"Authorization": "Bearer sk_test_donations_tests", "Stripe-Version": settings.STRIPE_API_VERSION}
ENDED = {"canceled", "incomplete_expired"}
BEHIND = {"past_due", "unpaid", "incomplete"}
PATIENCE = timedelta(days=23)  # 21, and the time that passes while Stripe does not answer


def disagreements_with_stripe(till: Till) -> list[str]:
    """A line for each difference. Call it when everything that Stripe had to tell was told."""
    charges = {each["id"]: each for each in listed(till, "charges")}
    kept = _kept(till, charges)
    money = [*_money(till), *_payouts(till), *_twice()]
    return [*money, *_gifts(till, charges, kept), *_months(till), *_plans(till), *_disputes(till), *_letters()]


def broken_promise(till: Till, plan: Plan, how: str) -> str:
    """What Stripe has not of a change that staff were told was made; "" when it has all of it."""
    sub = {each["id"]: each for each in till.objects("subscription")}[plan.subscription_id]
    rests = (sub["pause_collection"] or {}).get("behavior") == "void"
    kept = {
        "pause": rests and not sub["pause_collection"]["resumes_at"],
        "pause until": rests and sub["pause_collection"]["resumes_at"],
        "resume": not sub["pause_collection"],
        "stop": rests and sub["cancel_at"],  # nothing is taken in the days in which it can be undone
        "undo": not sub["cancel_at"] and bool(sub["pause_collection"]) == (plan.status == "paused"),
        "end": sub["status"] == "canceled",
        "amount": [item["price"]["unit_amount"] for item in sub["items"]["data"]] == [plan.total],
    }
    return "" if kept[how] else f"{how}: Stripe has {sub}"


def listed(till: Till, kind: str, query: str = "") -> Iterator[dict]:
    """Every object of that kind, by Stripe's own list."""
    after = ""
    while True:
        address = f"{till.sandbox.tenant(till.tenant)}/v1/{kind}?limit=100{query}{after}"
        status, _, body = http("GET", address, headers=WHO)
        assert status == 200, f"{address}: {body.decode()}"
        page = json.loads(body)
        yield from page["data"]
        if not page["has_more"]:
            return
        after = f"&starting_after={page['data'][-1]['id']}"


def _money(till: Till) -> Iterator[str]:
    """For each currency of the account: the ledger's sum is the balance."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for txn in listed(till, "balance_transactions"):
        theirs[txn["currency"].upper()] += txn["net"]
    for currency, settled in LedgerEntry.objects.exclude(settled=None).values_list("settled_currency", "settled"):
        ours[currency] += not_none(settled)
    if ours != theirs:
        yield f"ledger {dict(ours)}, Stripe {dict(theirs)}"


def _kept(till: Till, charges: dict[str, dict]) -> Counter[str]:
    """What is left of each charge in its own currency: less refunds that went out, less disputes not won."""
    kept = Counter({name: each["amount"] for name, each in charges.items() if each["status"] == "succeeded"})
    for refund in listed(till, "refunds"):
        if refund["status"] not in ("failed", "canceled"):
            kept[refund["charge"]] -= refund["amount"]
    for dispute in listed(till, "disputes"):
        moved = sum(each["amount"] for each in dispute["balance_transactions"])
        if moved:  # money went to the bank and did not come back; an inquiry moves nothing
            kept[dispute["charge"]] -= dispute["amount"]
    return kept


def _gifts(till: Till, charges: dict[str, dict], kept: Counter[str]) -> Iterator[str]:
    """Each succeeded charge that we asked for is one paid gift with one first receipt; the newest says what is left."""
    ours = {gift.payment_intent_id: gift for gift in Gift.objects.paid()}
    asked_by_us = {each["payment_intent"] for each in _our_intents(till)}
    for charge in charges.values():
        came = charge["status"] == "succeeded"
        taken_back = charge["status"] == "failed" and charge["failure_balance_transaction"]  # a debit, after it came
        gift = ours.pop(charge["payment_intent"], None) if came or taken_back else None
        if gift is None:
            if came and charge["payment_intent"] in asked_by_us:
                yield f"{charge['id']} is paid at Stripe, and no gift of ours is"
            continue  # one that was taken back before we heard of it was never paid to us
        if (gift.total, gift.currency) != (charge["amount"], charge["currency"].upper()):
            yield f"{charge['id']}: {charge['amount']} {charge['currency']}, the gift {gift.total} {gift.currency}"
        papers = list(Receipt.objects.filter(gift=gift).order_by("pk"))
        if [paper.replaces_id for paper in papers].count(None) != 1:
            yield f"{charge['id']} has not one first receipt"
        elif (papers[0].total, papers[-1].total) != (charge["amount"], max(kept[charge["id"]], 0)):
            yield f"{charge['id']}: receipts of {[paper.total for paper in papers]}, {kept[charge['id']]} is left"
    for intent in ours:
        yield f"a gift is paid, but {intent} is not paid at Stripe"


def _our_intents(till: Till) -> Iterator[dict]:
    """What pages of ours and plans of ours took. Other money on the account names neither."""
    invoices = {each["id"] for each in listed(till, "invoices") if each["parent"]}
    for payment in listed(till, "invoice_payments"):
        if payment["invoice"] in invoices and payment["payment"].get("payment_intent"):
            yield {"payment_intent": payment["payment"]["payment_intent"]}
    for page in listed(till, "checkout/sessions"):
        if page["payment_intent"]:
            yield {"payment_intent": page["payment_intent"]}


def _months(till: Till) -> Iterator[str]:
    """Each month that was paid is a gift of its own, and each gift of a plan is a month that was paid."""
    moved = {each["invoice"] for each in listed(till, "invoice_payments") if each["status"] == "paid"}
    paid = {each["id"] for each in listed(till, "invoices") if each["status"] == "paid" and each["amount_paid"]}
    paid &= moved  # what the owner marks as paid outside of Stripe is no gift
    ours = set(Gift.objects.exclude(invoice_id=None).values_list("invoice_id", flat=True))
    yield from (f"{month} is paid at Stripe, and no gift is for it" for month in paid - ours)
    for gift in Gift.objects.paid().exclude(plan=None).exclude(invoice_id__in=paid):
        yield f"gift {gift.reference} is paid, its month {gift.invoice_id} is not"


def _plans(till: Till) -> Iterator[str]:
    """Each gift that repeats is here as it is at Stripe, and none is behind for more than 21 days."""
    references = set(Gift.objects.values_list("reference", flat=True))
    subscriptions = list(listed(till, "subscriptions", "&status=all"))
    theirs = {each["id"]: each for each in subscriptions if each["metadata"].get("gift") in references}
    ours = {plan.subscription_id: plan for plan in Plan.objects.all()}
    yield from (f"{name} stands in one place only" for name in theirs.keys() ^ ours.keys())
    for name in theirs.keys() & ours.keys():
        plan, sub, item = ours[name], theirs[name], theirs[name]["items"]["data"][0]
        often = {"month": "monthly", "year": "yearly"}[item["price"]["recurring"]["interval"]]
        ends = (plan.ended_at, plan.current_period_end)
        here = (plan.status, plan.frequency, plan.total, plan.cancel_at, plan.resumes_at, *ends)
        there = (
            _status(sub), often, _total(sub), _moment(sub["cancel_at"]),
            _moment(None if sub["status"] in ENDED else (sub["pause_collection"] or {}).get("resumes_at")),
            _moment(sub["ended_at"]), _moment(item["current_period_end"]),
        )  # fmt: skip
        if here != there:
            yield f"{name}: {here} here, {there} at Stripe"
        if (
            _status(sub) == "past_due"
            and not plan.cancel_at
            and timezone.now() - not_none(plan.past_due_since) > PATIENCE
        ):
            yield f"{name} is behind since {plan.past_due_since}, and not paused"


def _total(sub: dict) -> int:
    """The owner may have added an item."""
    return sum(each["price"]["unit_amount"] * each["quantity"] for each in sub["items"]["data"])


def _status(sub: dict) -> str:
    if sub["status"] in ENDED:
        return "ended"
    return "paused" if sub["pause_collection"] else "past_due" if sub["status"] in BEHIND else "active"


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _payouts(till: Till) -> Iterator[str]:
    """Each payout stands here as it does at Stripe, and one that Stripe can take apart is explained to the cent."""
    ours = {each.payout_id: (each.status, each.amount, each.unexplained or 0) for each in Payout.objects.all()}
    theirs = {each["id"]: (each["status"], each["amount"], 0) for each in listed(till, "payouts")}
    if ours != theirs:
        yield f"payouts {ours}, at Stripe {theirs}"


def _disputes(till: Till) -> Iterator[str]:
    """Each dispute and warning about a gift of ours, and each refund that came back, is one row, as Stripe has it."""
    paid = set(Gift.objects.paid().values_list("payment_intent_id", flat=True))
    disputes = {each["id"]: each["status"] for each in listed(till, "disputes") if each["payment_intent"] in paid}
    warnings = [each for each in listed(till, "radar/early_fraud_warnings") if each["payment_intent"] in paid]
    refunds = [each for each in listed(till, "refunds") if each["payment_intent"] in paid]
    came_back = {each["id"]: each["status"] for each in refunds if each.get("failure_balance_transaction")}
    theirs = {**disputes, **came_back, **{each["id"]: str(each["actionable"]) for each in warnings}}
    rows = Dispute.objects.filter(gift__in=Gift.objects.paid())
    ours = {each.stripe_object: each.status or str(each.actionable) for each in rows}
    if ours != theirs:
        yield f"disputes {ours}, at Stripe {theirs}"


def _letters() -> Iterator[str]:
    """Nobody is mailed a letter twice, no receipt goes out by itself in two letters, and none before the money."""
    for key, times in Counter(message.extra_headers["X-Letter"] for message in mail.outbox).items():
        if times > 1:
            yield f"{key} was mailed {times} times"
    first = Letter.objects.filter(template__in=["receipt", "receipt_monthly"])
    for document, times in Counter(first.values_list("document", flat=True)).items():
        if times > 1:
            yield f"{document} was mailed in {times} letters"


def _twice() -> Iterator[str]:
    for name, times in Counter(LedgerEntry.objects.values_list("stripe_object", "kind")).items():
        if times > 1:
            yield f"{name} is {times} times in the ledger"
