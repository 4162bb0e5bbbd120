"""Each switch of `store/truths.py` with each answer: what it changes, and nothing else."""

import pytest

from stripe_sandbox.store.truths import TRUTHS
from tests.stripe_sandbox.driver import Sandbox
from tests.stripe_sandbox.shop import Shop, id_of
from tests.stripe_sandbox.test_debits import debit
from tests.stripe_sandbox.test_portal import opened

UPDATED = ["refund.updated", "charge.refund.updated"]


def test_it_names_every_switch_and_begins_with_the_first_answers(shop: Shop) -> None:
    begun = {name: next(iter(answers)) for name, answers in TRUTHS.items()}
    assert shop.sandbox.control("GET", "truths", shop.tenant) == {"truths": begun, "answers": TRUTHS}
    now = shop.sandbox.truths(shop.tenant, refund_count="stays", portal_card="customer")
    assert now == {**begun, "refund_count": "stays", "portal_card": "customer"}
    assert shop.sandbox.truths(shop.tenant, refund_count="down") == {**begun, "portal_card": "customer"}
    for wrong, word in (({"refund": "stays"}, "no switch refund"), ({"refund_count": "up"}, "down, told, stays")):
        with pytest.raises(ValueError, match=word):
            shop.sandbox.truths(shop.tenant, **wrong)


@pytest.mark.parametrize(
    ("answer", "failed", "canceled"),
    [
        ("both", [*UPDATED, "refund.failed"], UPDATED),
        ("failed", ["refund.failed"], ["refund.updated"]),
        ("updated", UPDATED, UPDATED),
    ],
)
def test_it_tells_of_a_refund_that_comes_back(shop: Shop, answer: str, failed: list[str], canceled: list[str]) -> None:
    shop.sandbox.truths(shop.tenant, refund_events=answer)
    gift = shop.give()
    for status, kinds in (("failed", failed), ("canceled", canceled)):
        made = shop.sandbox.refund(
            shop.tenant, payment_intent=id_of(gift.payment_intent), amount=500, status="requires_action"
        )
        before = len(shop.events())
        shop.sandbox.turn_refund(made["id"], status, shop.tenant)
        assert shop.kinds(before) == kinds
        assert shop.v1.refunds.retrieve(made["id"]).status == status


@pytest.mark.parametrize(
    ("answer", "left", "told"), [("down", 0, []), ("told", 0, ["charge.updated"]), ("stays", 2500, [])]
)
def test_it_counts_a_refund_that_comes_back(shop: Shop, answer: str, left: int, told: list[str]) -> None:
    shop.sandbox.truths(shop.tenant, refund_count=answer)
    gift = shop.give()
    made = shop.sandbox.refund(shop.tenant, payment_intent=id_of(gift.payment_intent))
    before = len(shop.events())
    shop.sandbox.turn_refund(made["id"], "failed", shop.tenant)
    charge = shop.v1.charges.retrieve(made["charge"])
    assert (charge.amount_refunded, charge.refunded) == (left, left == 2500)
    assert [kind for kind in shop.kinds(before) if kind == "charge.updated"] == told
    assert shop.v1.refunds.create({"charge": charge.id}).amount == 2500, "it can be given back all the same"


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [("failed", ["charge.failed", "payment_intent.payment_failed"]), ("updated", ["charge.updated"])],
)
def test_it_tells_of_a_debit_that_is_taken_back(shop: Shop, answer: str, kinds: list[str]) -> None:
    shop.sandbox.truths(shop.tenant, debit_return=answer)
    gift = debit(shop)
    shop.advance(4)
    before = len(shop.events())
    shop.sandbox.return_debit(shop.tenant, payment_intent=gift.payment_intent.id)
    assert shop.kinds(before) == kinds
    charge = shop.v1.charges.retrieve(gift.payment_intent.latest_charge.id, {"expand": ["failure_balance_transaction"]})
    assert (charge.status, charge.failure_balance_transaction.amount) == ("failed", -2500)


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ("finalized", ["invoice.created", "invoice.finalized", "invoice.voided"]),
        ("created", ["invoice.created"]),
    ],
)
def test_it_tells_of_a_month_that_a_pause_voids(shop: Shop, answer: str, kinds: list[str]) -> None:
    shop.sandbox.truths(shop.tenant, void_pause=answer)
    sub = shop.monthly()
    shop.v1.subscriptions.update(sub.id, {"pause_collection": {"behavior": "void"}})
    before = len(shop.events())
    shop.renew(sub)
    assert [kind for kind in shop.kinds(before) if kind.startswith("invoice")] == kinds
    assert shop.v1.invoices.list({"subscription": sub.id}).data[0].status == "void"


@pytest.mark.parametrize(
    ("answer", "customers", "subs"), [("all", True, True), ("customer", True, False), ("subscriptions", False, True)]
)
def test_it_puts_the_portals_card_where_the_switch_says(shop: Shop, answer: str, customers: bool, subs: bool) -> None:
    shop.sandbox.truths(shop.tenant, portal_card=answer)
    sub = shop.monthly()
    held = shop.v1.customers.retrieve(id_of(sub.customer)).invoice_settings.default_payment_method
    before = len(shop.events())
    shop.sandbox.portal(opened(shop, id_of(sub.customer)).url, "card", card_number="5555555555554444")
    assert ("customer.updated" in shop.kinds(before), "customer.subscription.updated" in shop.kinds(before)) == (
        customers,
        subs,
    )
    customer = shop.v1.customers.retrieve(id_of(sub.customer))
    assert (customer.invoice_settings.default_payment_method != held) == customers
    assert (shop.v1.subscriptions.retrieve(sub.id).default_payment_method != sub.default_payment_method) == subs


@pytest.mark.parametrize(("answer", "status", "rule"), [("real", "paused", None), ("collection", "active", "void")])
def test_it_pauses_on_its_own_page_as_the_switch_says(shop: Shop, answer: str, status: str, rule: str | None) -> None:
    shop.sandbox.truths(shop.tenant, portal_pause=answer)
    sub = shop.monthly()
    shop.sandbox.portal(opened(shop, id_of(sub.customer)).url, "pause", subscription=sub.id)
    found = shop.v1.subscriptions.retrieve(sub.id)
    assert (found.status, found.pause_collection and found.pause_collection.behavior) == (status, rule)
    shop.advance(20)
    assert len(shop.v1.invoices.list({"status": "paid"}).data) == 1
    shop.advance(45)
    assert len(shop.v1.invoices.list({"status": "paid"}).data) > 1, "the pause is over"
    now = shop.v1.subscriptions.retrieve(sub.id)
    assert (now.status, now.pause_collection) == ("active", None)


def test_a_process_may_begin_with_other_answers(tmp_path) -> None:
    sandbox = Sandbox.start(tmp_path, truths=["refund_count=stays", "portal_pause=collection"])
    try:
        assert sandbox.control("GET", "truths", "anybody")["truths"]["refund_count"] == "stays"
        assert sandbox.truths("anybody", refund_count="told")["portal_pause"] == "collection"
        assert sandbox.control("GET", "truths", "another")["truths"]["refund_count"] == "stays"
    finally:
        sandbox.stop()
    with pytest.raises(RuntimeError, match="refund_count is down, told, stays"):
        Sandbox.start(tmp_path, truths=["refund_count=perhaps"])
