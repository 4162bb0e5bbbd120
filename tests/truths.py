"""All money tests under the other answers to what is only from memory (docs/stripe-sandbox.md).

    .venv/bin/python -m tests.truths                       every second answer at once, then every third
    .venv/bin/python -m tests.truths --each                one switch at a time: says which of them it was
    .venv/bin/python -m tests.truths tests/donations/test_refunds.py -k fails     other words for pytest

0: everything passed under each. What fails is a fault of the site's: it believes what nobody knows.
"""

import os
import subprocess
import sys
from itertools import zip_longest

from stripe_sandbox.store.truths import TRUTHS
from tests.running import ROOT

MONEY = ("tests/donations", "-m", "not browser and not processes")


def rounds(each: bool = False) -> list[list[str]]:
    """The runs, each as `NAME=ANSWER` of what is not as books begin. Together they have every other answer once."""
    columns = [[f"{name}={answer}" for answer in list(answers)[1:]] for name, answers in TRUTHS.items()]
    if each:
        return [[one] for column in columns for one in column]
    return [[one for one in row if one] for row in zip_longest(*columns)]


def main(words: list[str]) -> int:
    each = "--each" in words
    asked = [word for word in words if word != "--each"] or list(MONEY)
    failed = []
    for row in rounds(each):
        print(f"\n{', '.join(row)}", flush=True)
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *asked]
        if subprocess.run(run, cwd=ROOT, env={**os.environ, "STRIPE_TRUTHS": ",".join(row)}).returncode:
            failed.append(", ".join(row))
    print("\n" + ("\n".join(f"FAILED under {row}" for row in failed) or "Passed under every answer."))
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
