"""What staff see of money, and what they set."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from donations import money
from donations.books import ledger, receipts
from donations.giving import starter
from donations.models import Currency, Dispute, Gift, LedgerEntry, Plan, StripeEvent
from donations.webhooks import events
from foundation.jobs import queue
from foundation.jobs.models import Job
from supporters.supporters import get_or_create_supporter
from tests.answers import streamed
from tests.donations.test_books import gift
from tests.donations.test_events import charged
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
LISTS = ["gift", "plan", "ledgerentry", "receipt", "stripeevent"]
FORMULA = '=HYPERLINK("x")'


@pytest.fixture
def rows(charity) -> Gift:
    one = gift(name=FORMULA, supporter=get_or_create_supporter("a1@donor.example", FORMULA), payment_intent_id="pi_1")
    plan = Plan.objects.create(
        subscription_id="sub_1",
        currency="USD",
        amount=2500,
        total=2500,
        supporter=one.supporter,
        as_of=timezone.now(),
        started_at=timezone.now(),
        livemode=False,
    )
    Gift.objects.filter(pk=one.pk).update(plan=plan)
    ledger.record_charge(one, charged("one"))
    receipts.issue(one)
    StripeEvent.objects.create(
        event_id="evt_1",
        type="charge.succeeded",
        object_id="ch_one",
        created=timezone.now(),
        livemode=False,
        payload="{}",
    )
    return one


def first(name: str) -> int:
    models: dict[str, type[Gift | Plan | LedgerEntry | StripeEvent]] = {
        "gift": Gift,
        "plan": Plan,
        "ledgerentry": LedgerEntry,
        "stripeevent": StripeEvent,
    }
    return models[name].objects.get().pk if name in models else Gift.objects.get().receipts.get().pk


@pytest.mark.parametrize("name", LISTS)
def test_it_shows_a_list_and_each_row(rows, name):
    staff = signed_in("Administrator")
    assert staff.get(f"/admin/{name}/").status_code == 200
    page = staff.get(f"/admin/{name}/inspect/{first(name)}/")
    assert page.status_code == 200 and "Traceback" not in page.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_it_has_no_address_to_add_change_or_delete(rows, name):
    staff = signed_in("Administrator")
    for address in ("new/", f"edit/{first(name)}/", f"delete/{first(name)}/", f"copy/{first(name)}/"):
        assert staff.get(f"/admin/{name}/{address}").status_code == 404, address


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("Editor", []),
        ("Donor care", ["gift", "plan", "receipt"]),
        ("Finance", ["gift", "plan", "receipt", "ledgerentry", "stripeevent"]),
        ("Administrator", LISTS),
    ],
)
def test_it_shows_each_role_its_own_lists(rows, role, seen):
    staff = signed_in(role)
    assert [name for name in LISTS if staff.get(f"/admin/{name}/").status_code == 200] == [
        name for name in LISTS if name in seen
    ]


def test_it_finds_gifts_by_name_address_and_stripes_number(rows):
    gift(2, name="Grace Hopper", payment_intent_id="pi_2")
    staff = signed_in("Finance")
    for words in ("Grace", "a2@donor", "pi_2"):
        page = staff.get("/admin/gift/", {"q": words}).content.decode()
        assert "Grace Hopper" in page and "a1@donor.example" not in page, words


def test_it_filters_gifts(rows):
    gift(2, status="started", paid_at=None)
    page = signed_in("Finance").get("/admin/gift/", {"status": "started"}).content.decode()
    assert "a2@donor.example" in page and "a1@donor.example" not in page


def test_it_shows_what_belongs_to_a_gift(rows):
    page = signed_in("Finance").get(f"/admin/gift/inspect/{rows.pk}/").content.decode()
    assert "ch_one" in page and "DEMO-2026-000001" in page and "$25.00 USD" in page


def test_it_shows_a_name_that_looks_like_a_formula_and_exports_it_as_text(rows):
    staff = signed_in("Finance")
    assert "=HYPERLINK(&quot;x&quot;)" in staff.get("/admin/gift/").content.decode()
    answer = staff.get("/admin/gift/?export=csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(streamed(answer)).decode("utf-8-sig"), newline=""))
    assert "'" + FORMULA in row.values()


@pytest.mark.parametrize(
    ("code", "minor", "said"), [("USD", 4400, "44.00"), ("JPY", 12345, "12345"), ("ISK", 4500, "45")]
)
def test_it_writes_sums_with_decimals_of_their_currency_and_minor_units_only_where_it_says_so(rows, code, minor, said):
    Gift.objects.update(currency=code, amount=minor, total=minor, name="José Núñez")
    staff = signed_in("Finance")
    file = b"".join(streamed(staff.get("/admin/gift/?export=csv")))
    assert file.startswith(b"\xef\xbb\xbf")  # or Excel reads the name as JosÃ©
    (row,) = csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    assert (row["Amount"], row["Total"], row["Currency"], row["Name"]) == (said, said, code, "José Núñez")
    assert row["Total in minor units"] == str(minor)
    page = staff.get(f"/admin/gift/inspect/{rows.pk}/").content.decode()
    assert f">{minor}<" not in page.replace("\n", "").replace(" ", "") and money.exact(minor, code) in page


def test_it_writes_numbers_as_numbers_and_days_as_days_into_a_workbook_and_says_the_zone_of_its_times(rows):
    Gift.objects.update(name="José Núñez")
    staff = signed_in("Finance")

    def row(address: str) -> dict[str, Any]:
        file = b"".join(streamed(staff.get(f"{address}?export=xlsx")))
        headings, cells = openpyxl.load_workbook(io.BytesIO(file)).active.iter_rows(max_row=2, values_only=True)
        return dict(zip(headings, cells, strict=True))

    given = row("/admin/gift/")
    assert (given["Total"], given["Currency"], given["Total in minor units"]) == (25, "USD", 2500)
    assert given["Name"] == "José Núñez" and isinstance(given["Created at (UTC)"], datetime)
    moved = row("/admin/ledgerentry/")
    day = LedgerEntry.objects.first().day
    assert isinstance(moved["Amount"], int | float) and moved["Currency"] == "USD" and moved["Day"] == day


def test_it_exports_the_ledger_to_finance_and_to_nobody_in_donor_care(rows):
    text = b"".join(streamed(signed_in("Finance").get("/admin/ledgerentry/?export=csv"))).decode()
    assert "ch_one" in text and rows.reference in text
    assert signed_in("Donor care").get("/admin/gift/?export=csv").status_code == 302


def test_it_lists_no_attempt_that_was_not_finished_until_somebody_asks_for_it(rows):
    gift(2, status="started", paid_at=None, email="began@donor.example")
    staff = signed_in("Donor care")
    assert "began@donor.example" not in staff.get("/admin/gift/").content.decode()
    for query in ("status=started", "q=began"):
        assert "began@donor.example" in staff.get(f"/admin/gift/?{query}").content.decode()


def test_it_gives_donor_care_and_editors_something_to_look_at_on_their_first_page(rows):
    care = signed_in("Donor care").get("/admin/").content.decode()
    assert "Monthly and yearly gifts" in care and "Giving" in care
    assert "What wants a look" in signed_in("Editor").get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [("dispute", "needs_response", "waits for our answer"), ("dispute", "lost", "lost, the money is gone")],
)
def test_it_says_of_a_dispute_in_words_how_it_stands_and_where_it_is_answered(rows, kind, status, said):
    row = Dispute.objects.create(
        stripe_object="du_one",
        kind=kind,
        status=status,
        gift=rows,
        amount=2500,
        currency="USD",
        opened_at=timezone.now(),
        as_of=timezone.now(),
        livemode=False,
    )
    finance = signed_in("Finance")
    page = finance.get(f"/admin/dispute/inspect/{row.pk}/").content.decode()
    assert said in page and "$25.00 USD" in page and "needs_response" not in page and "Actionable" not in page
    assert 'href="https://dashboard.stripe.com/test/disputes/du_one"' in page
    assert said in finance.get("/admin/dispute/").content.decode()
    home = " ".join(finance.get("/admin/").content.decode().split())
    lost = int(status == "lost")
    assert re.search(rf"disputes lost in a year</a></dt><dd[^>]*>{lost}<", home)  # a lost one stays in sight


def test_it_keeps_the_body_of_an_event_out_of_the_panel(rows):
    StripeEvent.objects.filter(event_id="evt_1").update(payload='{"email": "private@donor.example"}')
    page = signed_in("Administrator").get(f"/admin/stripeevent/inspect/{first('stripeevent')}/").content.decode()
    assert "private@donor.example" not in page


@pytest.mark.parametrize("role", ["Finance", "Administrator"])
def test_it_tries_a_dead_event_again_by_a_button(rows, role):
    event = StripeEvent.objects.get()
    queue.enqueue("stripe-event", event.job_key, {"event": event.event_id})
    Job.objects.update(state="dead", failures=8)
    StripeEvent.objects.update(state="failed")
    staff = signed_in(role)
    assert "Try again" in staff.get(f"/admin/stripeevent/inspect/{event.pk}/").content.decode()
    address = f"/admin/stripeevent/inspect/{event.pk}/try-again/"
    assert staff.get(address).status_code in (302, 405) and Job.objects.get(key=event.job_key).state == "dead"
    assert staff.post(address).status_code == 302
    assert Job.objects.get(key=event.job_key).state == "ready"


def test_it_does_not_ask_more_of_the_database_for_more_gifts(rows, django_assert_max_num_queries):
    for number in range(2, 42):
        gift(number)
    staff = signed_in("Finance")
    staff.get("/admin/gift/")
    with django_assert_max_num_queries(25):
        staff.get("/admin/gift/")


# --- Currencies ---------------------------------------------------------------------------------------------

SET = {"shown": "on", "position": "1", "monthly": "10 20 40", "once": "25 50", "least": "5", "most": "10,000"}
SET["sure"] = "on"  # these ladders move far


def save(code: str, **more: str):
    row = Currency.objects.get(code=code)
    return signed_in("Administrator").post(f"/admin/currency/edit/{row.pk}/", {**SET, "code": code, **more})


def test_it_sets_a_currency_in_sums_that_people_write(charity):
    assert save("USD", percent="2.2", fixed="0.30", monthly="10.50 20 40").status_code == 302
    row = Currency.objects.get(code="USD")
    assert (row.monthly_amounts, row.once_amounts) == ([1050, 2000, 4000], [2500, 5000])
    assert (row.minimum, row.maximum, row.fee_basis_points, row.fee_fixed) == (500, 1_000_000, 220, 30)
    page = signed_in("Administrator").get(f"/admin/currency/edit/{row.pk}/").content.decode()
    assert 'value="10.50 20 40"' in page and 'value="2.2"' in page and 'value="0.30"' in page


def test_it_sets_yen_without_decimals(charity):
    assert save("JPY", monthly="1000 2000", once="3000", least="500", most="100000").status_code == 302
    assert Currency.objects.get(code="JPY").monthly_amounts == [1000, 2000]


@pytest.mark.parametrize(
    "wrong",
    [
        {"monthly": "20 10"},
        {"monthly": "10 10"},
        {"monthly": "1 10"},
        {"once": "25 20000"},
        {"once": "twenty"},
        {"once": "10 11 12 13 14 15 16"},
        {"least": "-5"},
        {"least": "0"},
        {"least": "20000"},
        {"most": "9999999"},
        {"percent": "2.9"},
        {"fixed": "0.30"},
        {"percent": "29", "fixed": "0.30"},
        {"percent": "2,9", "fixed": "0.30"},
        {"percent": "-1", "fixed": "0.30"},
    ],
    ids=str,
)
def test_it_refuses_a_currency_that_makes_no_sense(charity, wrong):
    before = Currency.objects.filter(code="USD").values().get()
    answer = save("USD", **wrong)
    assert answer.status_code == 200 and "error" in answer.content.decode()
    assert Currency.objects.filter(code="USD").values().get() == before


def test_it_adds_a_currency_that_exists(charity):
    staff = signed_in("Administrator")
    assert staff.post("/admin/currency/new/", {**SET, "code": "NZD"}).status_code == 302
    assert Currency.objects.get(code="NZD").monthly_amounts == [1000, 2000, 4000]
    for code in ("ABC", "nzd", "NZD", ""):
        assert staff.post("/admin/currency/new/", {**SET, "code": code}).status_code == 200


def test_it_does_not_turn_one_currency_into_another(charity):
    row = Currency.objects.get(code="USD")
    signed_in("Administrator").post(f"/admin/currency/edit/{row.pk}/", {**SET, "code": "JPY"})
    row.refresh_from_db()
    assert row.code == "USD"


def test_it_deletes_no_currency(charity):
    staff = signed_in("Administrator")
    staff.post(f"/admin/currency/delete/{Currency.objects.get(code='USD').pk}/")
    assert Currency.objects.filter(code="USD").exists()


def test_it_starts_with_six_currencies_and_changes_none_that_staff_changed(db):
    assert starter.load() == 6
    Currency.objects.filter(code="USD").update(minimum=700, fee_basis_points=None)
    assert starter.load() == 0
    assert Currency.objects.get(code="USD").minimum == 700


def test_it_starts_without_a_fee_where_real_money_moves(db, settings):
    settings.STRIPE_OFFLINE = False
    starter.load()
    assert not Currency.objects.exclude(fee_basis_points=None).exists()


def test_it_starts_with_amounts_that_its_own_form_accepts(charity):
    for row in Currency.objects.all():
        for ladder in (row.monthly_amounts, row.once_amounts):
            assert row.minimum <= ladder[0] and ladder[-1] <= row.maximum and ladder == sorted(set(ladder))


# --- Documentation ------------------------------------------------------------------------------------------


def test_it_documents_exactly_the_events_that_it_acts_on(settings):
    text = (settings.BASE_DIR / "docs" / "stripe.md").read_text()
    block = text.split("events, exactly these:")[1].split("```")[1]
    assert block.split() == list(events.HANDLERS)
    assert settings.STRIPE_API_VERSION in text


def test_it_dates_rows_in_utc(rows):
    assert LedgerEntry.objects.get().occurred_at.tzinfo == UTC and isinstance(rows.created_at, datetime)
