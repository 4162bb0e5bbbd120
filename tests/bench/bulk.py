"""Books of any size, written by the database itself: a million gifts in minutes, the same at every run.

One gift with its rows is written by the models (`books`); the others are copies of it in which SQL changes what
differs: three currencies, one of them settled in another, gifts that repeat, cheques, unpaid ones, fee cover, refunds
in part and whole, some that failed, disputes lost and won, charges that were settled later, money of others, payouts.
`audit_ledger` finds them in order.
"""

from django.db import connection, models

from donations.models import Gift, LedgerEntry, Payout, Plan, Receipt, ReceiptCounter
from tests.bench import books

CURRENCY = "CASE WHEN n % 10 = 7 THEN 'GBP' WHEN n % 3 = 2 THEN 'EUR' ELSE 'USD' END"
SETTLED_IN = "CASE WHEN g.currency = 'GBP' THEN 'USD' ELSE g.currency END"
PAID = "g.status = 'paid'"
ONLINE = f"{PAID} AND g.method = 'stripe'"
LATER = "g.n % 200 IN (17, 18)"
PART, WHOLE, FAILED, LOST, WON = (
    "g.n % 40 = 3",
    "g.n % 100 = 9",
    "g.n % 1000 = 11",
    "g.n % 1000 = 13",
    "g.n % 1000 = 513",
)
RETURNED = f"({PART} OR {WHOLE} OR {LOST})"
FEW = 48  # payments of a gift that repeats


def gifts(count: int, **givers: str) -> None:
    """Write so many gifts, and one in front of them, with all that belongs to them. `givers`: SQL for columns of a gift
    that differ, such as name and e-mail address; without it one person gave them all.
    """
    giver = books.people(1)[0]
    books.gifts(1, [giver])
    first = Gift.objects.get(attempt="bench")
    charge = LedgerEntry.objects.get(kind="charge", gift=first)
    fee = LedgerEntry.objects.get(kind="fee", gift=first)
    paper = Receipt.objects.get(gift=first)
    plan = _plan(first)
    copy(Plan, plan, numbers(count // FEW), "TRUE", id=f"{plan.pk} + n", subscription_id="'sub_bench' || n")
    kind = "CASE WHEN n % 25 = 0 THEN 'expired' ELSE 'paid' END"
    cover = "CASE WHEN n % 5 = 0 THEN 59 ELSE 0 END"
    copy(
        Gift, first, numbers(count), "TRUE",
        id=f"{first.pk} + n", reference="'C' || n", attempt="'bulk'", payment_intent_id="'pi_bulk' || n",
        currency=CURRENCY, amount="1000 + n % 90 * 100", fee_cover=cover, total=f"1000 + n % 90 * 100 + {cover}",
        status=kind, method="CASE WHEN n % 50 = 1 THEN 'cheque' ELSE 'stripe' END",
        plan_id=f"CASE WHEN n % 4 = 0 AND n / {FEW} > 0 THEN {plan.pk} + n / {FEW} END",
        paid_at=seconds("t.paid_at"), **givers,
    )  # fmt: skip
    made = f"(SELECT gift.*, gift.id - {first.pk} AS n FROM donations_gift gift WHERE attempt = 'bulk') g"
    _entries(made, charge, fee)
    _papers(made, paper)
    _others(count, charge)
    renumber(Gift, Plan, LedgerEntry, Receipt, Payout)


def _plan(gift: Gift) -> Plan:
    sums = {"currency": gift.currency, "amount": gift.amount, "total": gift.total}
    times = {"as_of": gift.paid_at, "started_at": gift.paid_at}
    return Plan.objects.create(subscription_id="sub_bench0", supporter=gift.supporter, livemode=False, **sums, **times)


def _entries(made: str, charge: LedgerEntry, fee: LedgerEntry) -> None:
    """What moved for each gift: `settled` five quarters of a gift in pounds, the same as `amount` of every other."""

    def entry(source: LedgerEntry, kind: str, ident: str, where: str, moved: str, **columns: str) -> None:
        settled = f"CASE WHEN g.currency = 'GBP' THEN ({moved}) * 5 / 4 ELSE {moved} END"
        common = {"gift_id": "g.id", "currency": "g.currency", "settled": settled, "settled_currency": SETTLED_IN}
        common |= {"occurred_at": "g.paid_at", "balance_transaction": f"'txn_{kind}' || g.n"}
        columns = {"kind": f"'{kind}'", "stripe_object": f"'{ident}' || g.n", "amount": moved, **common, **columns}
        copy(LedgerEntry, source, made, where, **columns)

    late = {"settled": "NULL", "settled_currency": "''", "balance_transaction": "''", "cover": "g.fee_cover"}
    entry(charge, "charge", "ch_bulk", f"{ONLINE} AND NOT {LATER}", "g.total", cover="g.fee_cover")
    entry(charge, "charge", "ch_bulk", f"{ONLINE} AND {LATER}", "g.total", **late)
    same = {"balance_transaction": "'txn_charge' || g.n"}
    entry(charge, "settlement", "ch_bulk", f"{ONLINE} AND {LATER}", "g.total", amount="0", **same)
    cost = {"currency": SETTLED_IN, **same}
    entry(fee, "fee", "ch_bulk", ONLINE, "-(g.total * 29 / 1000 + 30)", settled="-(g.total * 29 / 1000 + 30)", **cost)
    entry(charge, "offline", "cheque", f"{PAID} AND g.method = 'cheque'", "g.total", **late)
    entry(charge, "refund", "re_part", f"{ONLINE} AND {PART}", "-300")
    entry(charge, "refund", "re_whole", f"{ONLINE} AND {WHOLE}", "-g.total", cover="-g.fee_cover")
    entry(charge, "refund", "re_failed", f"{ONLINE} AND {FAILED}", "-g.total", cover="-g.fee_cover")
    entry(charge, "refund_reversal", "re_failed", f"{ONLINE} AND {FAILED}", "g.total", cover="g.fee_cover")
    entry(charge, "dispute", "du_", f"{ONLINE} AND ({LOST} OR {WON})", "-g.total", cover="-g.fee_cover")
    entry(charge, "dispute_reversal", "du_", f"{ONLINE} AND {WON}", "g.total", cover="g.fee_cover")


def _papers(made: str, paper: Receipt) -> None:
    """A receipt for each paid gift, and behind all of them a corrected one for each of which some went back."""

    def papers(where: str, base: int, first: int, **columns: str) -> int:
        number = f"{base} + row_number() OVER (ORDER BY g.n)"
        label = f"'DEMO-{books.YEAR}-' || ({number})"
        code = f"'{base}-' || g.n"
        same = {"gift_id": "g.id", "currency": "g.currency", "number": number, "label": label, "code": code}
        return copy(Receipt, paper, made, where, id=f"{first} + row_number() OVER (ORDER BY g.n)", **same, **columns)

    sums = {"amount": "g.amount", "fee_cover": "g.fee_cover", "total": "g.total"}
    count = papers(PAID, 1, paper.pk, **sums)
    left = "CASE WHEN " + PART + " THEN g.total - 300 ELSE 0 END"
    original = "(SELECT r.id FROM donations_receipt r WHERE r.gift_id = g.id)"
    where = f"{ONLINE} AND {RETURNED}"
    corrected = {"amount": left, "fee_cover": "0", "total": left, "replaces_id": original}
    count += papers(where, 1 + count, paper.pk + count, **corrected)
    ReceiptCounter.objects.filter(series=Receipt.DEMO, year=books.YEAR).update(last=1 + count)


def _others(count: int, charge: LedgerEntry) -> None:
    """Money of others, and a payout for each thousand gifts."""
    ident = {"stripe_object": "'txn_foreign' || n", "balance_transaction": "'txn_foreign' || n", "gift_id": "NULL"}
    copy(LedgerEntry, charge, numbers(count // 50), "TRUE", kind="'foreign'", **ident)
    ident = {"stripe_object": "'txn_payout' || n", "balance_transaction": "'txn_payout' || n", "gift_id": "NULL"}
    out = {"amount": "-5000", "settled": "-5000"}
    copy(LedgerEntry, charge, numbers(count // 1000), "TRUE", kind="'payout'", **ident, **out)
    paid = {"status": "paid", "amount": 5000, "currency": "USD", "arrives_on": charge.day, "automatic": True}
    times = {"created_at": charge.occurred_at, "as_of": charge.occurred_at}
    payout = Payout.objects.create(payout_id="po_0", unexplained=0, livemode=False, **paid, **times)
    copy(Payout, payout, numbers(count // 1000), "TRUE", id=f"{payout.pk} + n", payout_id="'po_' || n")


def copy(model: type[models.Model], source: models.Model, rows: str, where: str, **columns: str) -> int:
    """Write a copy of a row for each of `rows` that `where` takes. `columns`: SQL for what differs. How many."""
    names = [str(field.column) for field in model._meta.local_concrete_fields]
    if "id" not in columns:
        names.remove("id")
    values = [columns.get(name, f't."{name}"') for name in names]
    table = model._meta.db_table
    quoted = ", ".join(f'"{name}"' for name in names)
    into = f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)}"
    with connection.cursor() as cursor:
        cursor.execute(f"{into} FROM {rows} CROSS JOIN {table} t WHERE t.id = {source.pk} AND {where}")
        return int(cursor.rowcount)


def numbers(count: int) -> str:
    """The numbers from one on, as a table with a column `n`."""
    more = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}"
    return f"(WITH RECURSIVE numbers(n) AS ({more}) SELECT n FROM numbers WHERE n <= {count}) numbers"


def seconds(column: str, step: int = 30) -> str:
    """A moment, half a minute later for each number: a million of them are within a year."""
    if connection.vendor == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, (n * {step}) || ' seconds')"
    return f"{column} + n * interval '{step} seconds'"


def renumber(*of: type[models.Model]) -> None:
    """PostgreSQL does not count rows whose id was named; and it looks at new tables before long, as here at once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in of:
                table = model._meta.db_table
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
                cursor.execute(f"ANALYZE {table}")
