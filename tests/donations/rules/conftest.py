"""A wire to nobody: what is sent is seen, what comes back was laid out, and the clock goes on by a second a call."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import stripe

from donations.stripe import client
from tests.donations.rules.wire import Wire


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """The client's own time. `slept` is how long it would have waited, each time."""
    hands = SimpleNamespace(now=1000.0, slept=[])
    time = SimpleNamespace(monotonic=lambda: hands.now, time=lambda: hands.now, sleep=hands.slept.append)
    monkeypatch.setattr(client, "time", time)
    return hands


@pytest.fixture
def wire(db, settings, monkeypatch, clock) -> Iterator[Wire]:  # a copy that nobody claimed asks nothing
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.001)

    def second() -> None:
        clock.now += 1

    with Wire(takes=second) as made:
        settings.STRIPE_OFFLINE, settings.STRIPE_API_BASE = True, made.address
        settings.STRIPE_SECRET_KEY = "sk_test_of_the_wire"
        yield made
