"""Prefetch in bulk what stands behind many missing balance transactions, by a few lists, within Stripe's rate limit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from donations.stripe import client, objects, parse, prefetch
from donations.stripe.errors import NoPermissionError

FEW = 5  # so many reads do the lists take at least; fewer missing balance transactions are fetched one by one
DRAFT = timedelta(hours=2)  # an invoice is a draft for an hour before its payment
BALANCE = ("balance_transaction", "failure_balance_transaction")


@contextmanager
def behind(missing: list[objects.BalanceTransaction]) -> Iterator[None]:
    """Context manager: inside, the payments, invoices, subscriptions, refunds and disputes behind these balance
    transactions are prefetched.

    What is older than its balance transaction (a bank debit of last week) is not among them, and is fetched by itself
    as ever. Raises StripeIsDownError.
    """
    if len(missing) <= FEW:
        yield
        return
    first, last = (pick(txn.created for txn in missing) for pick in (min, max))
    created = {"created": {"gte": int((first - DRAFT).timestamp()), "lte": int(last.timestamp())}}
    api = client.v1()
    with prefetch.reading() as read:
        monthly = False
        wanted = {**created, "expand": [f"data.latest_charge.{name}" for name in BALANCE]}
        for raw in _allowed(api.payment_intents.list, wanted):
            read.things[raw["id"]] = raw
            charge = raw.get("latest_charge")
            if isinstance(charge, dict):
                read.things[charge["id"]] = charge
            monthly = monthly or not parse.reference(raw)
        if monthly:
            _monthly(read, created)
        sources = {txn.source.partition("_")[0] for txn in missing}
        if sources & {"re", "pyr"}:
            for raw in _allowed(api.refunds.list, {**created, "expand": [f"data.{name}" for name in BALANCE]}):
                read.things[raw["id"]] = raw
        if sources & {"du", "dp"}:
            for raw in _allowed(api.disputes.list, created):
                read.things[raw["id"]] = raw
        yield


def _monthly(read: prefetch.Prefetched, created: dict[str, dict[str, int]]) -> None:
    api = client.v1()
    subscriptions = set()
    for raw in _allowed(api.invoice_payments.list, {**created, "status": "paid", "expand": ["data.invoice"]}):
        invoice, intent = raw["invoice"], parse.ident((raw.get("payment") or {}).get("payment_intent"))
        if isinstance(invoice, dict) and intent:
            read.invoices[intent] = invoice["id"]
            read.things[invoice["id"]] = invoice
            subscriptions.add(parse.invoice(invoice).subscription)
    if len(subscriptions) > FEW:  # by as many pages at most; those that are older are fetched by themselves
        listed = _allowed(api.subscriptions.list, {"status": "all"})
        for raw in islice(listed, 100 * len(subscriptions)):
            if raw["id"] in subscriptions:
                read.things[raw["id"]] = raw
                subscriptions.remove(raw["id"])
            if not subscriptions:
                break


def _allowed(call: Callable[..., Any], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Objects of a list; none of one that our key may not read: what needs it is fetched by itself, and says so."""
    with suppress(NoPermissionError):
        yield from client.each(call, params)
