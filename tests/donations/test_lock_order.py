"""Two who write about one gift and its campaign at the same moment wait for each other, and neither gives up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from donations.campaigns import matching, progress
from donations.giving import starter
from donations.models import Gift, MatchReservation
from donations.sync import payments
from tests.donations import appeal
from tests.foundation.crowd import is_held_up
from tests.staff.users import signed_in
from tests.waiting import wait_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def money_(transactional_db):
    starter.load()


def while_locked(gift: Gift, first: Callable[[], object], then: Callable[[], object]) -> object:
    """What `then` returns in another thread: it begins once the gift is locked, as by an event about it, and `first`
    happens in that transaction as soon as the other one waits for something, or is done.
    """

    def alone() -> object:
        try:
            return then()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            payments.lock(gift.reference)
            other = pool.submit(alone)
            wait_for(lambda: other.done() or is_held_up(), "the other one")
            first()
        return other.result(timeout=60)


def test_it_refunds_a_gift_while_staff_make_it_the_lead_gift():
    campaign, editor = appeal.matched(slug="house"), signed_in("Editor")
    gift = appeal.begun(campaign)
    matching.reserve(gift)
    appeal.arrived(gift)
    matching.follow(gift)
    fields = appeal.written(match_funder="The Lantern Trust", cap_sum="100", lead_reference=gift.reference)

    def refund() -> None:
        appeal.book(gift, "refund", -2500)
        matching.follow(gift)

    answer = while_locked(gift, refund, lambda: editor.post(appeal.edit_address(campaign), fields).status_code)
    campaign.refresh_from_db()
    assert (answer, campaign.lead_gift_id) == (302, gift.pk)
    assert (progress.of(campaign).raised, progress.of(campaign).matched) == (0, 0)


def test_it_reserves_for_a_gift_while_stripe_tells_that_its_page_is_over():
    """Its first page found the match used up, so that its row of the match is a new one."""
    gift = appeal.begun(appeal.matched())
    while_locked(gift, lambda: matching.release(gift), lambda: matching.reserve(gift))
    assert MatchReservation.objects.get().state in ("reserved", "released")
