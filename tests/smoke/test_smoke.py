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
from tests.smoke.differences import differences, told
from tests.stripe_sandbox.driver import Sandbox

JOURNEYS = (
    *("key", "once", "monthly", "refund", "dispute", "events", "signature", "portal", "card", "stop", "end"),
    "comparison",
)


def smoke(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")} | changes
    command = command or (sys.executable, "-m", "tests.smoke")
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=550)


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
        "All 12 journeys went well against the offline stand-in.",
    ]


@pytest.mark.processes
def test_it_goes_on_after_a_journey_that_fails_says_what_differed_and_leaves_nothing(stand_in: Sandbox) -> None:
    tenant = f"smoke-{uuid.uuid4().hex[:8]}"
    stand_in.truths(tenant, portal_card="subscriptions")
    stand_in.fault("error_before", tenant, path="/v1/refunds", method="POST")
    done = smoke(STRIPE_SMOKE_KEY="sk_test_smoke_of_these_tests", STRIPE_SMOKE_BASE=stand_in.tenant(tenant))
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, ""), done.stdout + done.stderr
    assert [line.split(" against")[0] for line in said if line.startswith("FAIL")] == ["FAIL refund"]
    assert said[-2:] == [
        "DIFFERS from the offline stand-in: card: was not told customer.updated",
        "1 of 12 journeys did not go well against the offline stand-in: refund.",
    ]
    assert "Traceback" not in done.stdout
    events = stand_in.events(tenant)
    made, gone = (
        {each["data"]["object"]["id"] for each in events if each["type"] == f"customer.{word}"}
        for word in ("created", "deleted")
    )
    assert made == gone != set(), "no customer, and so no monthly gift, stays behind in somebody's account"
    begun, ended = (
        {each["data"]["object"]["id"] for each in events if each["type"] == f"customer.subscription.{word}"}
        for word in ("created", "deleted")
    )
    assert begun == ended != set()


def test_it_names_what_was_told_otherwise() -> None:
    def event(kind: str, **thing: object) -> dict:
        return {"type": kind, "data": {"object": thing}}

    kept = told({"once": [event("charge.succeeded", object="charge", id="ch_1", amount=1)], "stop": []})
    assert differences(kept, kept) == []
    heard = [
        event("charge.succeeded", object="charge", id="ch_2", fee=1),
        event("radar.thing", object="thing", id="th_1"),
        event("payout.paid", object="payout", id="po_1"),
    ]
    assert differences(told({"once": heard, "dispute": heard}), kept) == [
        "once: was also told radar.thing",
        "charge has also the fields fee",
        "charge has not the fields amount",
        "nothing is known of thing",
    ]


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
