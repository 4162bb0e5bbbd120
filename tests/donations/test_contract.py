"""Everything that the site asks of Stripe has a contract: the description, the SDK's types, and what both said before.

After an upgrade of the library, or when the site asks something new: read the differences that the last test names,
then `CONTRACT=write pytest tests/donations/test_contract.py` writes contract.json anew; its diff belongs to the review.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
import stripe
from django.utils import timezone

from donations.models import Plan
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import account, client, reads, writes
from donations.stripe.errors import StripeRefusedError
from donations.webhooks import events
from tests import upgrade
from tests.donations.contract import Recorder, differences, public, said_by_the_sdk, since, undescribed
from tests.stripe_sandbox import sdk_types

pytestmark = pytest.mark.django_db
KEPT = Path(__file__).with_name("contract.json")
# These ask nothing of Stripe by themselves: they carry the calls of the others, or look at what we have already.
CARRIERS = {"request", "get", "each", "named", "v1", "is_live", "version"}


@pytest.fixture
def driven(donor, till, monkeypatch):
    """Every function of ours that asks Stripe, called for real. Returns the recorder and the names that ran."""
    heard, ran = Recorder(monkeypatch), set()
    for module in (client, reads, writes):
        for name in public(module) - CARRIERS:
            right = getattr(module, name)

            def noted(*args, right=right, name=name, **words):
                ran.add(name)
                return right(*args, **words)

            monkeypatch.setattr(module, name, noted)
    account.set_up(events.HANDLERS)
    account.set_up(events.HANDLERS)
    client.request(client.v1().products.update, "road_out_gift_once", {"active": False})  # which donations mends
    donor.pay(donor.give("once", "25"))
    donor.pay(donor.give("monthly", "30"))
    unpaid = donor.give("once", "26")
    writes.expire_checkout_session(unpaid["Location"].rsplit("/", 1)[-1].split("?")[0])
    till.tell()
    first, *_ = [charge for charge in till.objects("charge") if charge["amount"] == 2500]
    refund = till.refund(first["payment_intent"], amount=500)
    donor.pay(donor.give("once", "27"), "4000000000000259")  # disputed at once
    donor.pay(donor.give("once", "28"), "4000000000005423")  # and one with a warning
    till.advance(4 * 86400)
    till.tell()
    runs.run(apply=True)
    plan = Plan.objects.get()
    for change in (changes.stop, changes.undo_stop, changes.pause, changes.resume, changes.refresh):
        change(plan)
    changes.change_amount(plan, 4000)
    writes.pause(plan.subscription_id, timezone.now() + timedelta(days=9))
    writes.card_page(plan.customer_id, "http://localhost/back/")
    reads.find_checkout("nobody", 1, timezone.now())
    assert client.clock()
    payment = till.objects("invoice_payment")[0]["id"]
    reads.invoice_of_payment(payment)
    reads.refund(refund["id"])
    reads.refunds_of(first["id"])
    till.sandbox.portal(writes.card_page(plan.customer_id, "http://localhost/back/"), "card")
    card, known = reads.card_of_customer(plan.customer_id), reads.subscription(plan.subscription_id)
    reads.is_newer(card, known.method)
    writes.charge(plan.subscription_id, card)
    reads.invoice(known.latest)  # and these alone, not as part of what else was asked for
    reads.charge(first["id"])
    reads.invoice_of_intent(reads.intent_of_invoice(known.latest))
    with pytest.raises(StripeRefusedError, match="already paid"):
        writes.collect(known.latest, card)
    method = till.objects("payment_method")
    reads.customer_of_method(method[0]["id"] if method else first["payment_method"])
    changes.make_single(plan)
    return heard, ran


def test_it_keeps_the_contract_with_stripe_in_every_call(driven):
    """One journey for all, because it is long."""
    heard, ran = driven
    missing = {name for module in (client, reads, writes) for name in public(module)} - CARRIERS - ran
    assert missing == set(), "a function asks Stripe and is not driven here: no contract covers it"
    assert heard.faults == []
    assert [fault for call, sent in heard.calls.items() for fault in undescribed(call, sent)] == []
    now = {"library": stripe.VERSION, "version": client.version(), **said_by_the_sdk(heard.calls, heard.kinds)}
    if os.environ.get("CONTRACT") == "write":
        KEPT.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n")
    found = differences(json.loads(KEPT.read_text()), now)
    assert not found, "\n".join(found)


def test_it_names_every_type_that_another_library_changed():
    found = since(json.loads(KEPT.read_text()))
    assert not found, "\n".join(found)


def test_it_would_notice_what_an_upgrade_changes():
    before = json.loads(KEPT.read_text())
    now = json.loads(KEPT.read_text())
    now["version"] = "2027-01-01.next"
    del now["objects"]["invoice"]["parent"]
    now["objects"]["charge"]["amount"] = "str"
    del now["calls"]["POST /v1/subscriptions/{}"]["types"]["pause_collection"]
    assert differences(before, now) == [
        "/calls/POST /v1/subscriptions/{}/types/pause_collection: gone",
        "/objects/charge/amount: int -> str",
        "/objects/invoice/parent: gone",
        "/version: 2026-10-28.endive -> 2027-01-01.next",
    ]


def test_it_would_notice_a_parameter_that_stripe_does_not_describe():
    sent = {"pause_collection[behavior]", "pause_collection[mood]", "expand[]"}
    assert undescribed("POST /v1/subscriptions/{}", sent) == ["POST /v1/subscriptions/{}: pause_collection[mood]"]
    assert undescribed("POST /v1/gifts", set()) == ["POST /v1/gifts"]


def test_one_command_says_what_a_bumped_version_changes(monkeypatch, capsys):
    """Nothing to say today; with a library of another version each place that is behind, and each changed type."""
    assert upgrade.main() == 0 and "Nothing differs" in capsys.readouterr().out
    monkeypatch.setattr(stripe, "VERSION", "17.0.0")
    monkeypatch.setattr(stripe, "api_version", "2027-01-01.next")
    charge = sdk_types.resource("charge")
    hints = {name: hint for name, hint in sdk_types.hints(charge).items() if name != "amount"}
    real = sdk_types.hints
    monkeypatch.setattr(sdk_types, "hints", lambda kind: hints if kind is charge else real(kind))
    assert upgrade.main() == 1
    said = capsys.readouterr().out.splitlines()
    assert {
        "requirements.in: stripe==16.1.0, and 17.0.0 is installed",
        "requirements-dev.txt: stripe==16.1.0, and 17.0.0 is installed",
        "STRIPE_API_VERSION: 2026-10-28.endive, and the library speaks 2027-01-01.next",
        "stripe_sandbox.API_VERSION: 2026-10-28.endive, and the library speaks 2027-01-01.next",
        "/library: 16.1.0 -> 17.0.0",
        "/version: 2026-10-28.endive -> 2027-01-01.next",
        "/objects/charge/amount: gone",
    } <= set(said)
    named = {line.partition(":")[0] for line in said if line.endswith("still names 2026-10-28.endive")}
    assert {"docs/stripe.md", "donations/stripe/parse.py", "tests/stripe_sandbox/shop.py", "README.md"} <= named
    assert not named & {"config/settings.py", "stripe_sandbox/__init__.py", "tests/donations/contract.json"}
