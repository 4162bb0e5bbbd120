"""What nobody here knows for certain of Stripe: whichever answer is true, the books are right (docs/stripe-sandbox.md).

Refunds, debits and cards under each answer: what is marked `truths` in test_refunds.py, test_letters.py and
test_at_stripe.py, and the fixture `portal` of test_monthly_life.py. Here are the pauses.
"""

import pytest

from donations.models import Gift, Plan
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client
from tests.donations.agreement import disagreements

pytestmark = pytest.mark.django_db
MONTH = 31 * 86400


@pytest.mark.truths("void_pause")
def test_it_books_nothing_for_the_months_of_a_pause_and_goes_on_afterwards(donor, till):
    donor.gave("monthly", "30")
    changes.pause(Plan.objects.get())
    till.advance(2 * MONTH)
    till.tell()
    plan = Plan.objects.get()
    assert plan.status == "paused" and Gift.objects.paid().count() == 1
    changes.resume(plan)
    till.advance(MONTH)
    till.tell()
    assert Plan.objects.get().status == "active" and Gift.objects.paid().count() == 2
    assert disagreements() == []


@pytest.mark.truths("portal_pause")
def test_it_sees_a_pause_that_was_made_on_stripes_own_page(donor, till):
    """Our configuration offers none; somebody may switch it on in the Dashboard."""
    donor.gave("monthly", "30")
    plan = Plan.objects.get()
    calls = client.v1().billing_portal
    lasts = {"type": "interval_options", "interval_options": [{"interval": "month", "interval_count": 2}]}
    made = client.request(
        calls.configurations.create, {"features": {"subscription_pause": {"enabled": True, "duration": lasts}}}
    )
    page = client.request(calls.sessions.create, {"customer": plan.customer_id, "configuration": made["id"]})
    till.sandbox.portal(page["url"], "pause", subscription=plan.subscription_id)
    till.tell()
    assert Plan.objects.get().status == "paused"
    till.advance(MONTH + 86400)
    till.tell()
    assert Plan.objects.get().status == "paused" and Gift.objects.paid().count() == 1
    till.advance(2 * MONTH)
    till.tell()
    assert Plan.objects.get().status == "active" and Gift.objects.paid().count() > 1
    assert runs.run(apply=True).gaps == 0 and disagreements() == []
