"""What is put back for a test is what was made for one before: every row, and the books at the offline Stripe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client

from donations.models import Gift
from foundation.organisation.models import Organisation
from tests.donations import kept
from tests.donations.donor import Donor, Till, a_charity
from tests.donations.test_refunds import balanced

pytestmark = pytest.mark.django_db


@pytest.fixture
def a_test(till, charity, settings, monkeypatch) -> Callable:
    """As if it were a test of its own: books of its own, and undone at its end."""
    monkeypatch.setattr(kept, "KEPT", {})

    @contextmanager
    def begin(name: str) -> Iterator[Donor]:
        own = Till(till.sandbox, f"{till.tenant}-{name}")
        settings.STRIPE_API_BASE = till.sandbox.tenant(own.tenant)
        with transaction.atomic():
            yield Donor(Client(), own)
            transaction.set_rollback(True)

    return begin


def test_it_puts_back_every_row_and_the_books_and_goes_on_from_there(a_test, monkeypatch):
    with a_test("one") as donor:
        donor.gave("monthly", "30")
        rows, events, cookies = kept.rows(), donor.till.events(), donor.client.cookies.output()
        donor.till.refund(Gift.objects.get().payment_intent_id)  # what it does then is its own
        donor.till.tell()
    monkeypatch.setattr(Donor, "pay", pytest.fail)
    with a_test("two") as donor:
        donor.gave("monthly", "30")
        assert kept.rows() == rows and donor.till.events() == events and donor.client.cookies.output() == cookies
        donor.till.refund(Gift.objects.get().payment_intent_id, amount=500)
        donor.till.tell()
        assert balanced(donor.till)


def test_it_begins_every_test_with_the_same_rows():
    """Without that nothing would ever be put back."""
    begun = []
    for _ in range(2):
        with transaction.atomic():
            a_charity()
            begun.append(kept.rows())
            transaction.set_rollback(True)
    assert begun[0] == begun[1]


def test_it_makes_anew_what_would_come_into_other_rows_or_other_books(a_test):
    made: list[object] = []

    def make() -> None:
        made.append(donor.give(email=f"{len(made)}@donor.example"))

    with a_test("one") as donor:
        assert kept.keep("something", donor, make) and kept.keep("something", donor, make)
    with a_test("two") as donor:
        Organisation.objects.update(name="Another")
        assert kept.keep("something", donor, make)
    assert len(made) == 3
