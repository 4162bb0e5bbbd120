"""The panel's first page: this month beside others, day by day, and each number leads to the rows that it counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from bs4 import Tag
from django.utils import timezone

from donations.books import day_sums, ledger
from donations.models import DaySum, Dispute, Gift, LedgerEntry, Payout, Plan, StripeEvent, StripeTrouble
from donations.panel import month
from donations.reconcile import unsent
from donations.stripe import client
from donations.sync import from_stripe
from foundation.organisation.models import Organisation
from tests.donations.test_books import gift
from tests.narrowing import not_none
from tests.staff.front_page import home, rows_behind, section

pytestmark = pytest.mark.django_db
# A run of its own, a page with a button, and a switch.
NO_LISTS = {
    "lists of Stripe's that could not be compared",
    "paid gifts without a receipt letter",
    "guard against stolen cards at work",
}
NOW = datetime(2026, 11, 12, 2, tzinfo=UTC)  # still the 11th in New York


@pytest.fixture
def _november(charity):
    Organisation.objects.update(time_zone="America/New_York")
    with time_machine.travel(NOW):
        yield


def given(number: int, at: datetime, total: int = 1000, code: str = "USD", back: int = 0, **fields) -> Gift:
    row = gift(number, paid_at=at, amount=total, total=total, currency=code, payment_intent_id=f"pi_{number}", **fields)
    known = {"gift": row, "currency": code, "livemode": row.livemode}
    ledger.book(f"ch_{number}", LedgerEntry.Kind.CHARGE, at, amount=total, **known)
    if back:
        ledger.book(f"re_{number}", LedgerEntry.Kind.REFUND, at, amount=-back, **known)
    return row


def cells(row: Tag) -> list[str]:
    return [" ".join(cell.get_text(" ").split()) for cell in row.select("td")]


@pytest.mark.usefixtures("_november")
def test_it_compares_this_month_with_as_many_days_of_the_last_and_of_a_year_ago_by_currency():
    given(1, datetime(2026, 11, 1, 5, tzinfo=UTC))  # one in the morning of the first, there
    given(2, datetime(2026, 11, 1, 3, tzinfo=UTC), 300)  # still October
    given(3, datetime(2026, 11, 12, 1, tzinfo=UTC), back=250)
    given(4, datetime(2026, 10, 11, 12, tzinfo=UTC), 700)
    given(5, datetime(2025, 11, 11, 12, tzinfo=UTC), 90)
    given(6, datetime(2025, 11, 12, 12, tzinfo=UTC), 40)
    given(7, datetime(2025, 12, 1, 12, tzinfo=UTC), 5)
    given(8, datetime(2026, 11, 3, 12, tzinfo=UTC), 500, "JPY")
    given(9, datetime(2026, 11, 3, 12, tzinfo=UTC), 500, "EUR", livemode=True)  # real money, while none moves
    table = not_none(section(home(), "donations-month").select_one("table.staff-months"))
    assert [head.get_text() for head in table.select("thead th")] == [
        *("1 to 11 November 2026", "1 to 11 October 2026", "1 to 31 October 2026"),
        *("1 to 11 November 2025", "1 to 30 November 2025"),
    ]
    assert {not_none(row.th).get_text(): cells(row) for row in table.select("tbody tr")} == {
        "US dollars": [
            "$20.00 USD 2 gifts $2.50 USD went back",
            *("$7.00 USD 1 gift", "$10.00 USD 2 gifts", "$0.90 USD 1 gift", "$1.30 USD 2 gifts"),
        ],
        "Japanese yen": ["¥500 JPY 1 gift", *["¥0 JPY 0 gifts"] * 4],
    }
    for row, counts in zip(table.select("tbody tr"), ([2, 1, 2, 1, 2], [1, 0, 0, 0, 0]), strict=True):
        assert rows_behind(row.select("a")) == counts


@pytest.mark.both
@pytest.mark.parametrize("kept", [False, True], ids=["added up", "kept"])
@pytest.mark.usefixtures("_november")
def test_it_draws_giving_day_by_day_and_says_the_same_in_a_table(kept):
    given(1, datetime(2026, 10, 1, 12, tzinfo=UTC), 400)
    given(2, datetime(2026, 11, 11, 12, tzinfo=UTC), 100)
    with time_machine.travel(timezone.now() + timedelta(hours=1 if kept else 0)):
        day_sums.refresh() if kept else None
        shown = section(home(), "donations-month")
    bars = shown.select("svg rect")
    assert len(bars) == 31 + 11
    assert [(bar["x"], bar["height"]) for bar in bars if bar["height"] != "0.0"] == [("0", "100.0"), ("410", "25.0")]
    lines = [cells(row) for row in shown.select("details tbody tr")]
    assert len(lines) == 42 and (lines[0], lines[-1]) == (["$4.00 USD", "1", ""], ["$1.00 USD", "1", ""])
    assert rows_behind(shown.select("details tbody a")[:2]) == [1, 0]


@pytest.mark.parametrize(
    ("today", "days"),
    [
        ("2026-03-31", ["2026-03-01/31", "2026-02-01/28", "2025-03-01/31"]),
        ("2028-02-29", ["2028-02-01/29", "2028-01-01/29", "2028-01-01/31", "2027-02-01/28"]),
        ("2026-01-01", ["2026-01-01/01", "2025-12-01/01", "2025-12-01/31", "2025-01-01/01", "2025-01-01/31"]),
    ],
)
def test_it_says_once_what_is_the_same_at_the_end_of_a_month(today, days):
    spans = month.compared(date.fromisoformat(today))
    assert [f"{first}/{last:%d}" for first, last in spans] == days
    assert all((first.year, first.month) == (last.year, last.month) for first, last in spans)


@pytest.mark.usefixtures("_november")
def test_it_counts_monthly_gifts_and_what_to_answer_and_leads_to_each():
    def plan(number: int, **fields) -> None:
        known = {"currency": "USD", "amount": 100, "total": 100, "livemode": False, "as_of": NOW}
        old = {"started_at": datetime(2026, 11, 1, 3, tzinfo=UTC)}  # the last of October
        Plan.objects.create(subscription_id=f"sub_{number}", **{**known, **old, **fields})

    new = {"started_at": datetime(2026, 11, 1, 5, tzinfo=UTC)}
    plan(1)
    plan(2, **new)
    plan(3, status="past_due", **new)
    plan(4, status="ended", ended_at=new["started_at"])
    plan(5, status="ended", ended_at=datetime(2026, 11, 1, 3, tzinfo=UTC))
    plan(6, livemode=True, **new)
    paid = given(1, NOW)
    for number, status in enumerate(("needs_response", "lost")):
        Dispute.objects.create(
            stripe_object=f"du_{number}",
            kind="dispute",
            status=status,
            amount=100,
            currency="USD",
            gift=paid,
            opened_at=NOW,
            as_of=NOW,
            livemode=False,
        )
    figures = section(home(), "donations-care").select("dl > div")
    counts = {not_none(each.a).get_text(): int(not_none(each.dd).get_text()) for each in figures}
    assert counts == {
        "active": 2,
        "new this month": 2,
        "ended this month": 1,
        "whose payment failed": 1,
        "disputes and warnings to answer": 1,
    }
    assert rows_behind([not_none(each.a) for each in figures]) == list(counts.values())


@pytest.mark.usefixtures("_november")
def test_it_says_when_sums_were_checked_and_what_was_wrong():
    given(1, datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert "compared with every row" not in section(home(), "donations-month").get_text()
    with time_machine.travel(NOW + timedelta(hours=1)):
        day_sums.refresh()
        day_sums.check()
        said = section(home(), "donations-month").get_text()
        assert "compared with every row of the ledger at 11 November 2026" in said and "put right" not in said
        DaySum.objects.update(received=1)
        day_sums.check()
        assert "1 of them was wrong and was put right" in section(home(), "donations-month").get_text()


def test_it_shows_sums_of_money_to_nobody_who_may_not_see_gifts(charity):
    assert section(home("Finance"), "donations-month")
    assert home("Editor").select_one("section[aria-labelledby=donations-month]") is None


@pytest.mark.usefixtures("_november")
def test_it_leads_from_each_number_of_the_comparison_to_just_the_rows_that_it_counts():
    paid, years = given(1, NOW - timedelta(hours=5)), NOW - timedelta(days=800)
    given(2, NOW - timedelta(hours=4))
    known = {"livemode": False, "amount": 100, "currency": "USD", "as_of": NOW}
    for number, (kind, status, at, act) in enumerate(
        [
            ("dispute", "needs_response", NOW, False),
            ("dispute", "lost", NOW, False),
            ("dispute", "lost", years, False),
            ("refund", "failed", NOW, True),
            ("refund", "failed", NOW, False),
        ]
    ):
        facts = {"kind": kind, "status": status, "opened_at": at, "actionable": act}
        Dispute.objects.create(stripe_object=f"du_{number}", gift=paid, **known, **facts)
    for number, left in enumerate((0, 5, None)):
        facts = {"status": "paid", "arrives_on": NOW.date(), "automatic": True, "created_at": NOW}
        Payout.objects.create(payout_id=f"po_{number}", unexplained=left, **known, **facts)
    for number, (state, version, note, at) in enumerate(
        [
            ("failed", client.version(), "", NOW),
            ("done", "2020-01-01", "", NOW),
            ("done", "2020-01-01", "", years),
            ("done", client.version(), f"{from_stripe.OUTSIDE}$5", NOW),
            ("done", client.version(), f"{from_stripe.OUTSIDE}$5", years),
        ]
    ):
        facts = {"type": "a", "object_id": "b", "created": at, "livemode": False, "payload": "{}", "note": note}
        event = StripeEvent.objects.create(event_id=f"evt_{number}", state=state, api_version=version, **facts)
        StripeEvent.objects.filter(pk=event.pk).update(received_at=min(at, NOW - timedelta(hours=4, minutes=30)))
    for number, settled in enumerate((None, NOW)):
        StripeTrouble.objects.create(what=f"w{number}", first_at=NOW, last_at=NOW, settled_at=settled)
    unsent.count()
    figures = section(home("Finance"), "donations-money").select("dl > div:has(a)")
    counts = {not_none(each.a).get_text(): int(not_none(each.dd).get_text()) for each in figures}
    assert {name: count for name, count in counts.items() if count} == {
        "paid gifts without a receipt letter": 2,
        "payments since Stripe's last event": 1,
        "payouts not explained": 1,
        "events failed": 1,
        "events in another API version this week": 1,
        "paid outside of Stripe this month": 1,
        "calls that Stripe refused": 1,
        "disputes and warnings to answer": 1,
        "disputes lost in a year": 1,
        "refunds that failed": 1,
    }
    lists = [each for each in figures if not_none(each.a).get_text() not in NO_LISTS]
    assert rows_behind([not_none(each.a) for each in lists]) == [counts[not_none(each.a).get_text()] for each in lists]
