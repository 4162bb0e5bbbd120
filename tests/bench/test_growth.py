"""Many rows cost no more questions than few: pages, lists, files, the audit and the comparison with Stripe."""

import gc
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from donations.books import audit, published
from donations.letters import papers, statements
from donations.models import Gift, LedgerEntry, Plan, Receipt
from donations.reconcile import runs
from staff import export_cells, export_rows
from supporters import privacy_registry
from tests.answers import streamed
from tests.bench import books
from tests.donations.donor import post
from tests.donations.test_webhook import BODY, EVENT, sign
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db
LISTS = ("gift", "ledgerentry", "receipt", "supporter")


def asked(look) -> int:
    """How often it asks the database once everything that is kept in memory is there."""
    look()
    with CaptureQueriesContext(connection) as questions:
        look()
    return len(questions)


def test_it_asks_the_database_as_often_for_many_gifts_as_for_few(charity):
    (giver,) = books.people(1)
    books.gifts(30, [giver])  # the ledger has a second page already: only then its rows are counted
    label = Receipt.objects.earliest("pk").label
    staff, mine = signed_in("Administrator"), come_in(giver.email)

    def questions() -> dict[str, int]:
        return {
            "my page": asked(lambda: mine.get("/my/")),
            "a receipt": asked(lambda: mine.get(f"/my/receipts/{label}.pdf")),
            "my data": asked(lambda: privacy_registry.export(giver)),
            "a year": asked(lambda: papers.statement_csv(statements.of(giver.pk, books.YEAR))),
            "charts": asked(lambda: [published.charts(by, charity.today()) for by in ("month", "fund", "currency")]),
            **{check.__name__: asked(lambda check=check: list(check())) for check in audit.CHECKS},
            **{name: asked(lambda name=name: staff.get(f"/admin/{name}/")) for name in LISTS},
            **{f"{name}.csv": asked(lambda name=name: exported(staff, name)) for name in LISTS[:2]},
        }

    few = questions()
    books.gifts(15, [giver], first=30)
    assert questions() == few
    # Fourteen since declarations of Gift Aid and cheques that are being typed are told as well.
    assert few["a year"] <= 3 and few["my data"] <= 14 and few["my page"] <= 16
    assert len(exported(staff, "gift").splitlines()) == 1 + 45


def exported(staff, name: str) -> bytes:
    return b"".join(staff.get(f"/admin/{name}/?export=csv").streaming_content)


def test_it_keeps_few_rows_in_memory_while_a_file_streams(charity, monkeypatch):
    monkeypatch.setattr(export_rows, "CHUNK", 10)
    books.gifts(120, books.people(1))
    staff = signed_in("Administrator")

    def alive() -> int:
        gc.collect()
        return sum(type(each) is Gift for each in gc.get_objects())

    def most() -> int:
        before, most = alive(), 0
        for number, _piece in enumerate(streamed(staff.get("/admin/gift/?export=csv"))):
            if number % 3 == 1:
                most = max(most, alive() - before)
        return most

    assert most() == 0, "the database writes the cells"
    monkeypatch.setattr(export_cells, "of_list", lambda view, model: None)
    assert 0 < most() <= 30


def test_it_makes_books_that_are_in_order_and_finds_what_is_not(charity):
    books.gifts(9, books.people(2))
    assert [words for check in audit.CHECKS for words in check()] == []
    Gift.objects.filter(reference="B00000000004").update(amount=5, total=5)
    one = LedgerEntry.objects.filter(kind="charge").earliest("pk")
    refund = {"kind": "refund", "stripe_object": "re_1", "amount": -one.amount, "day": one.day, "livemode": False}
    LedgerEntry.objects.create(gift=one.gift, currency=one.currency, occurred_at=one.occurred_at, **refund)
    assert [words for check in audit.CHECKS for words in check()] == [
        "gift B00000000004: 5 USD paid, charges in the ledger: [1400]",
        f"receipt DEMO-{books.YEAR}-000005: 1400, the gift 5",
        f"receipt DEMO-{books.YEAR}-000001: 1000, kept 0",
    ]


def test_it_keeps_an_event_and_its_work_in_a_statement_or_two(till, django_assert_num_queries):
    one_or_two = 1 if connection.vendor == "postgresql" else 4  # with the beginning and the end of their transaction
    post(BODY, sign(BODY))
    for ident in ("evt_2Test", "evt_2Test"):  # new, and told again
        body = json.dumps({**EVENT, "id": ident}).encode()
        with django_assert_num_queries(one_or_two):
            assert post(body, sign(body)).status_code == 200


def test_it_compares_many_monthly_gifts_with_stripe_as_it_does_few(donor, till):
    def give(first: int, last: int) -> None:
        for number in range(first, last):
            donor.pay(donor.give("monthly", str(20 + number), email=f"a{number}@donor.example"))
        till.tell()

    give(0, 2)
    runs.run(apply=True)
    few = asked(lambda: runs.run(apply=False))
    give(2, 6)
    runs.run(apply=True)
    assert asked(lambda: runs.run(apply=False)) == few and Plan.objects.count() == 6


def test_it_finds_no_receipt_of_somebody_else_and_none_with_an_impossible_number(charity):
    one, other = books.people(2)
    books.gifts(2, [one, other])
    mine = come_in(one.email)
    theirs = Receipt.objects.get(gift__supporter=other)
    for number in (theirs.label, "DEMO%00", "DEMO-2025-1%22"):
        assert mine.get(f"/my/receipts/{number}.pdf").status_code == 404, number
