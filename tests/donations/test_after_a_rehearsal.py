"""Test money of the rehearsal that docs/stripe.md asks for stands in the books of the live site, and counts nowhere."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from donations.books import audit, ledger, published, receipts
from donations.campaigns import progress
from donations.letters import statements
from donations.models import (
    Campaign,
    Dispute,
    Gift,
    LedgerEntry,
    MatchReservation,
    Payout,
    Plan,
    Reconciliation,
    StripeEvent,
    StripeTrouble,
)
from donations.panel import dashboard
from donations.panel.plans import PlanViewSet
from donations.reconcile import unsent
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation.models import SiteIdentity
from supporters.supporters import get_or_create_supporter
from tests.donations.rules import given
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
KEYS = {False: "rk_test_of_these_tests", True: "rk_live_of_these_tests"}


def going(settings, live: bool) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, KEYS[live]


def paid(number: int, live: bool, campaign: Campaign, plan: Plan | None = None) -> Gift:
    person = get_or_create_supporter(f"donor{number}@donor.example")
    now = timezone.now()
    gift = given.gift(livemode=live, supporter=person, campaign=campaign, plan=plan, paid_at=now, email=person.email)
    sums = {"amount": 2606, "cover": 106, "currency": "USD", "livemode": live}
    ledger.book(f"ch_{number}", LedgerEntry.Kind.CHARGE, now, gift=gift, **sums)
    receipts.issue(gift)
    held = {"promised": 1000, "amount": 1000, "state": MatchReservation.State.SETTLED}
    MatchReservation.objects.create(gift=gift, campaign=campaign, **held)
    return gift


@pytest.fixture
def rehearsed(settings):
    """Two gifts with test keys, one of them monthly and led the campaign; then the live key, and one real gift."""
    given.charity()
    campaign = given.campaign()
    going(settings, live=False)
    plan = given.plan(
        livemode=False,
        status="past_due",
        past_due_since=timezone.now(),
        supporter=get_or_create_supporter("donor1@donor.example"),
    )
    campaign.lead_gift = paid(1, False, campaign, plan)
    campaign.save()
    paid(2, False, campaign)
    assert LedgerEntry.objects.raised() == {"USD": 5000}
    going(settings, live=True)
    assert LedgerEntry.objects.raised() == {}
    paid(3, True, campaign)
    return campaign


def test_it_counts_real_money_alone(rehearsed):
    now = progress.of(rehearsed)
    assert (now.raised, now.people, now.lead, now.matched) == (2500, 1, 0, 1000)
    listed = Campaign.objects.with_totals().get()
    assert (listed.raised_sum, listed.matched_sum) == (2500, 1000)
    assert LedgerEntry.objects.raised() == {"USD": 2500} and LedgerEntry.objects.people() == 1
    today = timezone.now().date()
    for by in ("month", "fund", "currency"):
        (chart,) = published.charts(by, today)
        assert sum(row["value"] for row in chart.rows) == 2500, by
    assert [person.email for person in statements.receivers(today.year)] == ["donor3@donor.example"]
    real = Gift.objects.get(livemode=True).receipts.get()
    assert (real.series, real.number) == ("R", 1)


def test_it_asks_nothing_more_of_monthly_gifts_of_the_rehearsal(rehearsed):
    assert not Plan.objects.counted().running().exists() and not Plan.objects.behind().exists()
    figures = {str(label): number for label, number, _url in dashboard.CarePanel().get_context_data({})["figures"]}
    assert not any(figures.values()), figures
    plan = Plan.objects.get()
    staff = signed_in("Donor care")
    for status in ("active", "paused"):
        Plan.objects.update(status=status)
        page = staff.get(f"/admin/plan/inspect/{plan.pk}/").content.decode()
        buttons = [each.name for each in PlanViewSet.actions if f"/inspect/{plan.pk}/{each.name}/" in page]
        assert buttons == [], f"Stripe is asked by the live key, which knows no such gift: {status}"


@pytest.fixture
def left_open(settings):
    """What a rehearsal may leave open: a payout, an event whose job is parked, a comparison, a refusal, a dispute."""
    given.charity()
    now = timezone.now()
    going(settings, live=False)
    SiteIdentity.objects.update_or_create(pk=1, defaults={"stripe_account": "acct_1/test"})
    test, money = {"livemode": False, "as_of": now}, {"amount": 1, "unexplained": 1, "currency": "USD"}
    Payout.objects.create(payout_id="po_1", arrives_on=now, automatic=True, created_at=now, **money, **test)
    told = {"event_id": "evt_1", "type": "charge.refunded", "created": now, "state": "failed", "api_version": "1"}
    event = StripeEvent.objects.create(payload="{}", livemode=False, **told)
    jobs.enqueue("stripe-event", event.job_key, {"event": event.event_id})
    Job.objects.update(state=Job.State.DEAD)
    failed = {"account": "acct_1/test", "failed": {"payouts": ""}}
    Reconciliation.objects.create(applied=True, started_at=now, finished_at=now, place=failed)
    StripeTrouble.objects.create(what="product prod_1", first_at=now, last_at=now)
    lost = {"kind": "dispute", "status": "lost", "opened_at": now}
    gift = given.gift(livemode=False, paid_at=now - timedelta(days=2))
    Dispute.objects.create(stripe_object="dp_1", gift=gift, **lost, **test)


def shown() -> dict[str, int]:
    unsent.count()
    panel = dashboard.MoneyPanel().get_context_data({})
    return {str(label): number for label, number, _url in panel["figures"] if number} | {"last": panel["last"]}


def test_it_leaves_nothing_open_on_the_front_page(left_open, settings):
    before = shown()
    assert len(before) == 8 and before["last"], before
    going(settings, live=True)
    call_command("claim_site", stdout=StringIO())
    assert shown() == {"last": None}
    assert dashboard.MoneyPanel().get_context_data({})["told"] is None
    jobs.run_due()
    assert (StripeEvent.objects.get().state, Job.objects.get().state) == ("ignored", "done")
    assert not list(audit.payouts())


def test_it_marks_them_for_staff_and_says_what_becomes_of_them(rehearsed):
    page = signed_in("Finance").get("/admin/gift/").content.decode()
    assert len(re.findall(r">\s*test\s*<", page)) == 2
    front = signed_in("Finance").get("/admin/").content.decode()
    assert "2 gifts of a rehearsal with test money stand in the books" in front
    said = StringIO()
    call_command("claim_site", stdout=said)
    assert "count in no total, campaign, match or statement" in said.getvalue()
