"""A shop for each test: books of its own in the shared offline Stripe, and an eye on every answer and event."""

import uuid
from collections.abc import Iterator

import pytest

from tests.stripe_sandbox.driver import Sandbox
from tests.stripe_sandbox.receiver import Receiver
from tests.stripe_sandbox.shop import Shop


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[Shop]:
    """The official SDK on a tenant of its own. All it heard, and all events, must pass the three oracles."""
    made = Shop(sandbox, f"shop-{uuid.uuid4().hex[:12]}")
    yield made
    assert made.problems() == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
