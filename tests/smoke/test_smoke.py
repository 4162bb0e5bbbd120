"""The smoke suite itself, against the offline stand-in over HTTP. It has never been run against Stripe."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import clock
from tests.running import ROOT
from tests.smoke.__main__ import MISSING, STRIPE, refusal
from tests.stripe_sandbox.driver import Sandbox

JOURNEYS = ("key", "once", "monthly", "refund", "events", "signature", "portal", "end", "comparison")


def smoke(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")} | changes
    command = command or (sys.executable, "-m", "tests.smoke")
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Sandbox]:
    """One that lives today, as the suite itself does in its process."""
    with clock.today():
        driver = Sandbox.start(tmp_path)
    yield driver
    driver.stop()


@pytest.mark.processes
def test_it_runs_every_journey_against_the_stand_in(stand_in: Sandbox) -> None:
    base = stand_in.tenant(f"smoke-{uuid.uuid4().hex[:8]}")
    done = smoke(STRIPE_SMOKE_KEY="sk_test_smoke_of_these_tests", STRIPE_SMOKE_BASE=base)
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert [line.split(":")[0] for line in said] == [
        *(f"ok   {name}" for name in JOURNEYS),
        "All 9 journeys went well against the offline stand-in.",
    ]


@pytest.mark.processes
def test_it_fails_with_one_sentence_where_a_journey_does(stand_in: Sandbox) -> None:
    tenant = f"smoke-{uuid.uuid4().hex[:8]}"
    stand_in.fault("error_before", tenant, path="/v1/refunds", method="POST")
    done = smoke(STRIPE_SMOKE_KEY="sk_test_smoke_of_these_tests", STRIPE_SMOKE_BASE=stand_in.tenant(tenant))
    assert done.returncode == 1 and done.stdout.splitlines()[-1].startswith("FAIL refund"), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    ended = [event for event in stand_in.events(tenant) if event["type"] == "customer.subscription.deleted"]
    assert ended, "no monthly gift stays behind in somebody's account"


def test_it_says_what_is_missing_without_a_key() -> None:
    done = smoke("script/smoke", PYTHON=sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", MISSING + "\n")


@pytest.mark.parametrize(
    ("key", "base", "word"),
    [
        ("sk_live_123", STRIPE, "live key"),
        ("rk_live_123", STRIPE, "live key"),
        ("pk_" + "test_123", STRIPE, "no secret test key"),
        ("whsec_1", STRIPE, "no secret test key"),
        ("sk_test_1", "http://192.0.2.1:1", "on this machine only"),
        ("sk_test_1", "https://api.stripe.com.example.org", "on this machine only"),
    ],
)
def test_it_refuses_what_it_must_not_touch(key: str, base: str, word: str) -> None:
    assert word in refusal(key, base)
    done = smoke(STRIPE_SMOKE_KEY=key, STRIPE_SMOKE_BASE=base)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_it_takes_test_keys_at_stripe_and_at_the_stand_in() -> None:
    for key in ("sk_test_1", "rk_test_1"):
        assert refusal(key, STRIPE) == refusal(key, "http://127.0.0.1:12111/t/x") == ""
