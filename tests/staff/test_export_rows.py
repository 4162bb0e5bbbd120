"""The file of a list is the same, byte for byte, whether the database writes its cells or Python does."""

from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from django.db.models import F
from django.test import Client

from donations import money
from donations.models import Gift, LedgerEntry
from donations.panel.money_cells import Sum
from pledges import starter
from pledges.models import Pledge, PledgeText, Signature
from staff import export_cells, export_rows
from supporters.models import Supporter
from supporters.panel import SupporterViewSet
from tests.answers import streamed
from tests.bench import books
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both]
UGLY = [
    *[
        "=1+1",
        "+44 20",
        "-5",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＠x",
        "'=1",
        '"=1"',
        ';"x',
        ",",
        '"',
        '""',
        "a,b",
    ],
    *[
        "Ada;=1+1",
        "a\r\nb",
        "a\n=b",
        "x\x07y\x0bz",
        "\\.",
        " padded ",
        "",
        "מרים \u202eרחל",
        "Ż\u0301ak 🦋",
        "a\\b",
        "%s %%",
    ],
    *["\ufeffx", "\u2028", "=\x01=", "\x01=1", ",=", '"=', "-", "0", "NULL", "None", "\\N", "x" * 190],
]
CODES = ["USD", "JPY", "KWD", "UGX", "ISK", "EUR", "BHD", "KRW", "GBP"]
SUMS = [1, 5, 10, 99, 100, 105, 1000, 1005, 1010, 99_999_999, 10**12 + 7]
# Both sides of midnight and of a change of the clocks, in New York and in London, and fractions of a second.
MOMENTS = [
    datetime(2025, 3, 9, 6, 59, 59, 999999, UTC),
    datetime(2025, 3, 9, 7, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 59, 59, 100, UTC),
    datetime(2025, 10, 26, 1, 0, 0, 120000, UTC),
    datetime(2024, 12, 31, 23, 59, 59, 1, UTC),
    datetime(2025, 1, 1, tzinfo=UTC),
]
LISTS = ["gift", "ledgerentry", "supporter", "signature"]


@pytest.fixture
def ugly() -> None:
    """Rows of every list whose cells the database writes."""
    count = len(UGLY)
    givers = books.people(count)
    books.gifts(count, givers)
    for number, (gift, text) in enumerate(zip(Gift.objects.order_by("pk"), UGLY, strict=True)):
        code, sum = CODES[number % len(CODES)], SUMS[number % len(SUMS)]
        moment = MOMENTS[number % len(MOMENTS)]
        change: dict[str, Any] = {"name": text, "company": UGLY[-number - 1], "bank_reference": text[:60]}
        change |= {"currency": code, "amount": sum, "total": sum, "created_at": moment, "paid_at": moment}
        if number % 5 == 1:
            change |= {"method": "shares", "shares": Decimal("1.5") * (number + 1), "security": text[:120] or "x"}
            change |= {"payment_intent_id": None, "livemode": True}
        Gift.objects.filter(pk=gift.pk).update(**change)
        Supporter.objects.filter(pk=givers[number].pk).update(name=text, created_at=moment, country="")
    starter.load()
    pledge = Pledge.objects.first()
    words = PledgeText.objects.first()
    rows = (
        Signature(
            pledge=pledge, text=words, name=name, email="a@example.org", canonical=f"{number}@example.org", age=16,
            number=number if number % 2 else None, wants_letters=bool(number % 3),
            signed_at=MOMENTS[number % len(MOMENTS)],
        )
        for number, name in enumerate(UGLY, start=1)
    )  # fmt: skip
    Signature.objects.bulk_create(rows)
    first = LedgerEntry.objects.earliest("pk")
    alone = {"kind": "foreign", "occurred_at": first.occurred_at, "day": first.day, "livemode": False}
    entries = (
        LedgerEntry(
            **alone, stripe_object=f"{text[:90]} {number}", currency=CODES[number % len(CODES)],
            amount=-SUMS[number % len(SUMS)], settled=None if number % 2 else -SUMS[number % len(SUMS)],
            settled_currency="" if number % 2 else CODES[-number % len(CODES)], balance_transaction=f"{number}",
        )
        for number, text in enumerate(UGLY)
    )  # fmt: skip
    LedgerEntry.objects.bulk_create(entries)


@pytest.fixture
def client() -> Client:
    return signed_in("Administrator")


def file_of(client: Client, name: str, query: str = "") -> bytes:
    return b"".join(streamed(client.get(f"/admin/{name}/?export=csv{query}")))


@pytest.mark.parametrize("chunk", [1, 7, 2_000])
def test_it_writes_the_same_bytes_by_the_database_as_by_python(ugly, client, monkeypatch, chunk):
    monkeypatch.setattr(export_rows, "CHUNK", chunk)
    asked = 0
    quick = export_cells.of_list

    def counting(view: Any, model: Any) -> Any:
        nonlocal asked
        cells = quick(view, model)
        asked += cells is not None
        return cells

    monkeypatch.setattr(export_cells, "of_list", counting)
    by_database = {name: file_of(client, name) for name in LISTS}
    assert asked == len(LISTS), "the database writes each of them"
    monkeypatch.setattr(export_cells, "of_list", lambda view, model: None)
    for name in LISTS:
        assert by_database[name].decode() == file_of(client, name).decode(), name
        assert by_database[name].count(b"\r\n") > len(UGLY)


def test_it_writes_the_rows_of_the_list_as_searched_filtered_and_sorted(ugly, client, monkeypatch):
    queries = ["&q=donor7@donor.example", "&currency=KWD", "&ordering=total", "&paid_at_from=2025-10-26", "&q=100%25"]
    by_database = [file_of(client, "gift", query) for query in queries]
    monkeypatch.setattr(export_cells, "of_list", lambda view, model: None)
    assert by_database == [file_of(client, "gift", query) for query in queries]
    assert len(set(by_database)) == len(queries)
    assert by_database[0].count(b"\r\n") == 2


def test_it_writes_a_sum_of_each_currency_as_people_do():
    codes = sorted(money.ZERO_DECIMAL | money.THREE_DECIMAL | money.WHOLE_ONLY | {"USD", "XXX"})
    (gift,) = Gift.objects.bulk_create([Gift(currency="USD", amount=1, total=1, email="", livemode=False)])
    entry = {"gift": gift, "kind": "foreign", "occurred_at": MOMENTS[0], "day": MOMENTS[0].date(), "livemode": False}
    sums = [(code, way * sum) for code in codes for sum in SUMS for way in (1, -1)]
    LedgerEntry.objects.bulk_create(
        LedgerEntry(**entry, currency=code, amount=sum, stripe_object=f"{code}{sum}") for code, sum in sums
    )
    cells = LedgerEntry.objects.order_by("pk").values_list(Sum(F("amount"), F("currency")), flat=True)
    assert list(map(str, cells)) == [str(money.decimal(sum, code)) for code, sum in sums]


@pytest.mark.django_db(transaction=True)
def test_it_gives_the_connection_back_when_a_reader_hangs_up(monkeypatch):
    monkeypatch.setattr(export_rows, "CHUNK", 10)
    Supporter.objects.bulk_create(Supporter(email=f"{n}@example.org", canonical=f"{n}@example.org") for n in range(99))
    view = SupporterViewSet.index_view_class(model=Supporter, list_export=SupporterViewSet.list_export)
    lines = export_rows.pieces(view, Supporter.objects.all(), iter)
    assert next(lines).count(b"\r\n") == 10
    cast(Generator[bytes, None, None], lines).close()
    assert Supporter.objects.count() == 99
