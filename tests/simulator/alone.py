"""What no run collects unless this file is named: one charity for another process, and a thousand years of them."""

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from tests.simulator.living import LIFE, digest_in_a_file, live
from tests.simulator.written import fingerprint

pytestmark = pytest.mark.django_db
CHECKED = {"checks", "rests", "gifts paid", "plans", "letters mailed", "events"}


def test_it_lives(till, charity, sandbox, settings, unhurried):
    """For `living.digest_in_a_file`."""
    lived = live(sandbox, settings, int(os.environ["SEED"]), float(os.environ["YEARS"]))
    Path(os.environ["DIGEST"]).write_text(fingerprint(lived.written))


def test_it_has_stripes_books_in_all_these_years(till, charity, sandbox, settings, unhurried):
    """For `script/drill years`: so many charities that they make YEARS, from the seed FIRST on."""
    injected: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    failed = []
    for number in range(int(os.environ["FIRST"]), int(os.environ["FIRST"]) + -(-int(os.environ["YEARS"]) // LIFE)):
        began = time.monotonic()
        try:
            lived = live(sandbox, settings, number, LIFE)
            if connection.vendor == "postgresql":
                assert fingerprint(lived.written) == digest_in_a_file(number, LIFE), (
                    f"seed {number}: other books on SQLite"
                )
                checked["stories with the same books, receipts and letters on both databases"] += 1
        except AssertionError as error:
            failed.append(str(error))
            print(f"FAILED: {error}\nkeep it: a line “{number} {LIFE} what it was” in tests/simulator/seeds.txt")
            continue
        finally:
            _report({"injected": injected, "checked": checked})
        for name, times in lived.report.items():
            (checked if name in CHECKED or name.startswith("ledger") else injected)[name] += times
        checked["charity-years"] += LIFE
        took = f"{time.monotonic() - began:.0f} s, {fingerprint(lived.written)[:12]}"
        print(f"seed {number}: {lived.report['steps']} steps, {lived.report['kills']} kills, {took}", flush=True)
    _report({"injected": injected, "checked": checked})
    assert not failed, "\n".join(failed)


def _report(told: dict[str, Counter[str]]) -> None:
    if place := os.environ.get("SIMULATOR_REPORT"):
        Path(place).write_text(json.dumps(told))
