"""What staff do with money after the payment: steer monthly gifts, replay events; and what is forgotten by itself."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from donations import forgetting
from donations.models import Plan, StripeEvent
from foundation.jobs.queue import run_due
from tests.donations.test_events import books
from tests.staff.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.pay(donor.give("monthly", "30"))
    till.tell()
    return Plan.objects.get()


@pytest.mark.parametrize(
    ("buttons", "status", "ends"),
    [
        (["pause-month"], "paused", False),
        (["pause-quarter", "resume"], "active", False),
        (["stop"], "paused", True),
        (["stop", "undo-stop"], "active", False),
        (["end"], "ended", False),
        (["look"], "active", False),
    ],
)
def test_it_steers_a_monthly_gift_from_the_panel(plan, buttons, status, ends):
    staff = signed_in("Administrator")
    for button in buttons:
        assert staff.post(f"/admin/plan/inspect/{plan.pk}/{button}/").status_code == 302, button
    plan.refresh_from_db()
    assert plan.status == status and bool(plan.cancel_at) == ends


def test_it_changes_nothing_by_looking_at_an_address(plan):
    staff = signed_in("Administrator")
    assert staff.get(f"/admin/plan/inspect/{plan.pk}/end/").status_code == 405
    assert Plan.objects.get().status == "active"


def test_it_lets_nobody_steer_without_the_permission(plan):
    signed_in("Finance").post(f"/admin/plan/inspect/{plan.pk}/end/")
    assert Plan.objects.get().status == "active"


def test_it_says_so_when_stripe_does_not_answer(plan, till):
    till.fault("unavailable", count=9)
    staff = signed_in("Administrator")
    page = staff.post(f"/admin/plan/inspect/{plan.pk}/end/", follow=True).content.decode()
    assert "Nothing was changed" in page and Plan.objects.get().status == "active"


def test_it_replays_an_event_and_writes_nothing_twice(plan, till):
    before = books()
    event = StripeEvent.objects.get(type="invoice.paid")
    answer = signed_in("Administrator").post(f"/admin/stripeevent/inspect/{event.pk}/replay/")
    assert answer.status_code == 302 and run_due() >= 1
    assert books() == before


def test_it_reduces_an_event_after_ninety_days_and_can_still_replay_it(donor, till):
    donor.pay(donor.give("once", "25"))
    till.tell()
    event = StripeEvent.objects.get(type="checkout.session.completed")
    forgetting.old_events()
    event.refresh_from_db()
    assert "ada@donor.example" in event.payload
    StripeEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(days=91))
    forgetting.old_events()
    forgetting.old_events()
    event.refresh_from_db()
    assert "ada@donor.example" not in event.payload
    assert set(json.loads(event.payload)) == {"reduced", "id", "type", "object", "sha256"}
    signed_in("Administrator").post(f"/admin/stripeevent/inspect/{event.pk}/replay/")
    run_due()
    event.refresh_from_db()
    assert event.state == "done"
