"""What the tests of giving share: a tenant of the offline Stripe for each test, and a donor with a browser."""

import itertools
import uuid
from collections.abc import Callable

import pytest
import stripe
from django.test import Client

from donations.stripe import client, concurrency, throttle
from foundation.organisation.models import Organisation
from stripe_sandbox.store.truths import TRUTHS
from tests.donations.donor import Donor, Till, a_charity
from tests.waiting import PATIENCE

NAMES = itertools.count()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `truths` runs as books begin, and once under each other answer of those switches."""
    marker = metafunc.definition.get_closest_marker("truths")
    if marker:
        others = [{}, *({name: answer} for name in marker.args for answer in list(TRUTHS[name])[1:])]
        metafunc.parametrize("truth", others, ids=["begun", *("-".join(*each.items()) for each in others[1:])])


@pytest.fixture
def till(sandbox, settings, truth) -> Till:
    """Books of its own at the offline Stripe, and settings that point there."""
    tenant = f"t{next(NAMES)}-{uuid.uuid4().hex[:8]}"
    settings.STRIPE_OFFLINE = True
    settings.STRIPE_SECRET_KEY = "sk_test_donations_tests"
    settings.STRIPE_API_BASE = sandbox.tenant(tenant)
    settings.STRIPE_PAGE_ORIGINS = [sandbox.address]
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_these_tests_0123456789"]
    till = Till(sandbox, tenant, truth)
    if truth:
        sandbox.truths(tenant, **truth)
    return till


@pytest.fixture
def charity(db) -> Organisation:
    return a_charity()


@pytest.fixture
def donor(till, charity) -> Donor:
    return Donor(Client(), till)


@pytest.fixture
def stranger(donor, till) -> Callable[[], Donor]:
    """A new browser at an address of its own each time, all of one network."""
    numbers = iter(range(1, 255))
    return lambda: Donor(Client(REMOTE_ADDR=f"192.0.2.{next(numbers)}"), till)


@pytest.fixture(autouse=True)
def _a_breaker_of_its_own(monkeypatch) -> None:
    """That Stripe hung in one test is no news to the next."""
    monkeypatch.setattr(concurrency, "_breaker", concurrency.Breaker())


@pytest.fixture
def patient_page(monkeypatch) -> None:
    """The thank-you page waits for Stripe as long as it takes: on a busy machine, two seconds may be too few."""
    monkeypatch.setattr(concurrency, "BRIEF", float(PATIENCE))


@pytest.fixture
def unhurried(monkeypatch) -> None:
    """The offline Stripe need not be spared: what would be asked again later is asked again at once. How long we
    really wait is tested in test_read_quota.py and rules/test_client.py.
    """
    monkeypatch.setattr(throttle, "SECOND", 0.0)
    monkeypatch.setattr(client, "PATIENCE", (0.0,) * len(client.PATIENCE))
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.001)
