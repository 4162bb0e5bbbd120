"""Financials: charts with tables from the ledger, by month, fund and currency, to the cent and without a donor."""

from datetime import UTC, datetime

import pytest
import time_machine
from bs4 import BeautifulSoup

from donations.giving import starter
from donations.models import Fund, Gift, LedgerEntry

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def booked(number: int, day: datetime, amount: int, code: str = "USD", cover: int = 0, **fields) -> None:
    """A paid gift in the books, as the ledger keeps it."""
    total = amount + cover
    reference = f"C{number:011d}"
    given = {
        "amount": amount,
        "fee_cover": cover,
        "total": total,
        "currency": code,
        "paid_at": day,
        "status": Gift.Status.PAID,
    }
    name = {"attempt": reference, "frequency": "once", "email": "ada@example.org", "name": "Ada Secret"}
    gift = Gift.objects.create(reference=reference, livemode=False, **given, **name, **fields)
    moved(gift, LedgerEntry.Kind.CHARGE, total, cover)


def moved(gift: Gift, kind: str, amount: int, cover: int = 0) -> None:
    assert gift.paid_at
    LedgerEntry.objects.create(
        kind=kind,
        stripe_object=f"{kind}_{gift.reference}",
        gift=gift,
        amount=amount,
        cover=cover,
        currency=gift.currency,
        settled=amount,
        settled_currency=gift.currency,
        occurred_at=gift.paid_at,
        day=gift.paid_at.date(),
        livemode=False,
    )


@pytest.fixture
def books(loaded):
    with time_machine.travel(NOW, tick=False):
        starter.load()
        water = Fund.objects.create(name="Water & shelter", position=1)
        booked(1, datetime(2026, 11, 2, 12, tzinfo=UTC), 100_00, cover=3_20, fund=water)
        booked(2, datetime(2026, 11, 3, 12, tzinfo=UTC), 50_00)
        booked(3, datetime(2026, 1, 31, 12, tzinfo=UTC), 20_00)
        booked(4, datetime(2025, 11, 30, 12, tzinfo=UTC), 999_00)  # before the twelve months
        booked(5, datetime(2026, 11, 4, 12, tzinfo=UTC), 5000, code="JPY")
        moved(Gift.objects.get(reference="C00000000002"), LedgerEntry.Kind.REFUND, -10_00)
        yield


def tables(client) -> dict[str, dict[str, str]]:
    """Each chart's rows by its caption."""
    page = BeautifulSoup(client.get("/about/financials/").content, "html.parser")
    found = {}
    for figure in page.select("main figure:has(table)"):
        rows = {row.th.get_text(" ", strip=True): row.get_text(" ", strip=True) for row in figure.select("tbody tr")}
        found[figure.figcaption.get_text(strip=True)] = rows
    return found


def test_it_draws_each_currency_by_month_with_refunds_taken_off_and_covered_fees_left_out(books, client):
    months = {name: rows for name, rows in tables(client).items() if "twelve" in name}
    assert [name.rpartition(", ")[2] for name in months] == [
        "US dollars",
        "Japanese yen",
    ]  # the house's own comes first
    assert "No gift in these months yet" not in client.get("/about/financials/").content.decode()
    dollars = months["Given in the last twelve months, US dollars"]
    assert len(dollars) == 12
    assert [*dollars][:: len(dollars) - 1] == ["December 2025", "November 2026"]
    assert "$140" in dollars["November 2026"] and "$20" in dollars["January 2026"]
    assert "$0" in dollars["June 2026"]
    assert "5,000" in months["Given in the last twelve months, Japanese yen"]["November 2026"]


def test_it_draws_funds_and_currencies_of_all_time(books, client):
    found = tables(client)
    by_fund = found["Given so far, by what it is for, US dollars"]
    assert [*by_fund] == ["Where it is needed most", "Water & shelter"]
    assert "$100" in by_fund["Water & shelter"] and "$1,059" in by_fund["Where it is needed most"]
    assert "$1,159" in found["Given so far, US dollars"]["US dollars"]


def test_it_shows_nothing_of_a_donor(books, client):
    html = client.get("/about/financials/").content.decode()
    assert "Ada" not in html and "example.org" not in html[html.index("<main") : html.index("</main>")]
