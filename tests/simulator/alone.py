"""What no run collects unless this file is named: one charity for another process, and a thousand years of them."""

import json
import math
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from tests.donations import machine
from tests.donations.account_life import STUMBLES
from tests.simulator.living import LIFE, digest_in_a_file, live
from tests.simulator.moments import KINDS as KILLED
from tests.simulator.moments import Trap
from tests.simulator.written import fingerprint

pytestmark = pytest.mark.django_db
FIRST, CHARITIES = int(os.environ.get("FIRST", "1")), math.ceil(float(os.environ.get("YEARS", "1")) / LIFE)
CHECKED = ("checks", "rests", "gifts paid", "plans", "letters mailed", "events", "ledger", "event ")
# Each stands in a report, and where it never occurred with a nought: a kind that never occurs is a hole.
KINDS = [
    *("a donor comes back", "a donor gives", "a fraud warning", "a month passes", "a refund fails", "bank decides"),
    *("bank takes back", "card is renewed", "comparison", "days pass", "dispute", "a dispute ends", "dispute: inquiry"),
    *("events", "events lost", "events told again, late", "events told twice", "kills", "money of others", "payout"),
    *("payout fails", "restart", "staff refund", "staff steer", "the mail server fails"),
    *(f"Dashboard: {word}" for word in ("archive", "pause, resume, cancel", "paid outside", "refund", "second item")),
    *(f"Stripe: {word}" for word in STUMBLES),
    *(f"staff: {word}" for word in machine.STEER),
    *(Trap(kind, 1, after, kills=True).sort for kind in KILLED for after in (False, True)),
    *(Trap("mail", 1, after, kills=False).sort for after in (False, True)),
]


def test_it_lives(till, charity, standing, settings, unhurried, undrawn):
    """For `living.digest_in_a_file`."""
    lived = live(standing, settings, int(os.environ["SEED"]), float(os.environ["YEARS"]))
    Path(os.environ["DIGEST"]).write_text(fingerprint(lived.written))


@pytest.mark.parametrize("number", range(FIRST, FIRST + CHARITIES), ids=lambda number: f"seed {number}")
def test_it_has_stripes_books_in_all_these_years(till, charity, standing, settings, unhurried, undrawn, number):
    """For `script/drill years`. Who fails: keep a line “seed years what it was” in tests/simulator/seeds.txt."""
    began = time.process_time()
    try:
        lived = live(standing, settings, number, LIFE)
        digest = fingerprint(lived.written)
        checked = Counter({"charity-years": LIFE})
        if connection.vendor == "postgresql":
            assert digest == digest_in_a_file(number, LIFE), f"seed {number}: other books on SQLite"
            checked["stories with the same books, receipts and letters on both databases"] += 1
    except AssertionError as error:
        tell(number, Counter({f"FAILED: {str(error).splitlines()[0]}": 1}), Counter())
        raise
    took = f"{time.process_time() - began:.0f} s of the processor, {digest[:12]}"
    tell(number, lived.report, checked)
    print(f"seed {number}: {lived.report['steps']} steps, {lived.report['kills']} kills, {took}", flush=True)


def tell(number: int, report: Counter[str], checked: Counter[str]) -> None:
    """In a file of its own, since others live beside this one, and more may come after it or not."""
    injected = Counter(dict.fromkeys(KINDS, 0))
    for name, times in report.items():
        (checked if name.startswith(CHECKED) and name not in KINDS else injected)[name] += times
    if folder := os.environ.get("SIMULATOR_REPORT"):
        (Path(folder) / f"{number}.json").write_text(json.dumps({"injected": injected, "checked": checked}))
