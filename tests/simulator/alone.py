"""What no run collects unless this file is named: one charity for another process, and a thousand years of them."""

import json
import math
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from tests.simulator.living import LIFE, digest_in_a_file, live
from tests.simulator.written import fingerprint

pytestmark = pytest.mark.django_db
FIRST, CHARITIES = int(os.environ.get("FIRST", "1")), math.ceil(float(os.environ.get("YEARS", "1")) / LIFE)
CHECKED = {"checks", "rests", "gifts paid", "plans", "letters mailed", "events"}


def test_it_lives(till, charity, standing, settings, unhurried, undrawn):
    """For `living.digest_in_a_file`."""
    lived = live(standing, settings, int(os.environ["SEED"]), float(os.environ["YEARS"]))
    Path(os.environ["DIGEST"]).write_text(fingerprint(lived.written))


@pytest.mark.parametrize("number", range(FIRST, FIRST + CHARITIES), ids=lambda number: f"seed {number}")
def test_it_has_stripes_books_in_all_these_years(till, charity, standing, settings, unhurried, undrawn, number):
    """For `script/drill years`. Who fails: keep a line “seed years what it was” in tests/simulator/seeds.txt."""
    began = time.process_time()
    lived = live(standing, settings, number, LIFE)
    digest = fingerprint(lived.written)
    injected, checked = Counter[str](), Counter({"charity-years": LIFE})
    if connection.vendor == "postgresql":
        assert digest == digest_in_a_file(number, LIFE), f"seed {number}: other books on SQLite"
        checked["stories with the same books, receipts and letters on both databases"] += 1
    for name, times in lived.report.items():
        (checked if name in CHECKED or name.startswith("ledger") else injected)[name] += times
    if folder := os.environ.get("SIMULATOR_REPORT"):
        told = {"injected": injected, "checked": checked}
        (Path(folder) / f"{number}.json").write_text(json.dumps(told))
    took = f"{time.process_time() - began:.0f} s of the processor, {digest[:12]}"
    print(f"seed {number}: {lived.report['steps']} steps, {lived.report['kills']} kills, {took}", flush=True)
