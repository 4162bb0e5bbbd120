"""Many rows, the same at every run: people, paid gifts, ledger and receipts that audit_ledger finds in order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from donations.models import Gift, LedgerEntry, Receipt, ReceiptCounter
from foundation.organisation.models import Organisation
from supporters.models import Supporter

YEAR = 2025
FIRST = datetime(YEAR, 1, 2, 12, tzinfo=UTC)
APART = timedelta(minutes=5)  # a hundred thousand of them are within a year
BATCH = 1000
CODES = ("USD", "USD", "EUR")


def people(count: int) -> list[Supporter]:
    rows = (
        Supporter(
            email=f"donor{number}@donor.example",
            canonical=f"donor{number}@donor.example",
            name=f"Donor {number}",
            country="US",
            created_at=FIRST,
        )
        for number in range(count)
    )
    _write(Supporter, rows)
    return list(Supporter.objects.filter(email__startswith="donor").order_by("pk"))


def gifts(count: int, givers: list[Supporter], first: int = 0) -> None:
    """Paid gifts, given in turns by these supporters, with charge, fee and receipt. `first`: how many there are."""
    _write(Gift, (_gift(number, givers[number % len(givers)]) for number in range(first, first + count)))
    made = list(Gift.objects.filter(attempt="bench").order_by("pk")[first:])
    _write(LedgerEntry, (entry for number, gift in enumerate(made, start=first) for entry in _entries(number, gift)))
    organisation = Organisation.load()
    entity = organisation.legal_name or organisation.name
    _write(Receipt, (_receipt(number, gift, entity) for number, gift in enumerate(made, start=first + 1)))
    last = {"last": first + count}
    ReceiptCounter.objects.update_or_create(last, series=Receipt.DEMO, year=YEAR)


def _gift(number: int, giver: Supporter) -> Gift:
    amount = 1000 + number % 90 * 100
    return Gift(
        reference=f"B{number:011d}",
        attempt="bench",
        frequency="once",
        currency=CODES[number % 3],
        amount=amount,
        total=amount,
        email=giver.email,
        name=giver.name,
        status=Gift.Status.PAID,
        payment_intent_id=f"pi_bench{number}",
        supporter=giver,
        livemode=False,
        paid_at=FIRST + APART * number,
    )


def _entries(number: int, gift: Gift) -> Iterator[LedgerEntry]:
    assert gift.paid_at
    fee = gift.total * 29 // 1000 + 30
    for kind, amount in ((LedgerEntry.Kind.CHARGE, gift.total), (LedgerEntry.Kind.FEE, -fee)):
        yield LedgerEntry(
            kind=kind,
            stripe_object=f"ch_bench{number}",
            balance_transaction=f"txn_bench{number}",
            gift=gift,
            amount=amount,
            currency=gift.currency,
            settled=amount,
            settled_currency=gift.currency,
            occurred_at=gift.paid_at,
            day=gift.paid_at.date(),
            livemode=False,
        )


def _receipt(number: int, gift: Gift, entity: str) -> Receipt:
    return Receipt(
        entity=entity,
        series=Receipt.DEMO,
        year=YEAR,
        number=number,
        label=f"{Receipt.DEMO}-{YEAR}-{number:06d}",
        code=f"B{number:015d}",
        gift=gift,
        name=gift.name,
        day=gift.paid_at.date(),
        frequency=gift.frequency,
        currency=gift.currency,
        amount=gift.amount,
        total=gift.total,
        goods_statement="No goods or services were provided in exchange for this gift.",
        livemode=False,
    )


def _write(model, rows: Iterator) -> None:
    while some := list(islice(rows, BATCH)):
        model.objects.bulk_create(some)
