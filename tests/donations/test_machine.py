"""Donors, staff, Stripe, faults and restarts at random: the books are Stripe's after every story.

What the site wrote is compared with Stripe's own objects, asked for over HTTP without any code of donations/. And the
machine is shown to be able to fail: faults planted in our code are found by it. `STORIES=500` tells more stories:
`script/drill books` does.
"""

import os
from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis.stateful import run_state_machine_as_test

from tests.donations.machine import FAILS_LATER, GOOD, REACHED, STEER, Story

pytestmark = pytest.mark.finding
STORIES = int(os.environ.get("STORIES", 4))  # of thirty steps each
EVERYTHING = {
    *("charge", "fee", "refund", "refund_reversal", "dispute", "dispute_reversal", "stripe_fee", "foreign", "payout"),
    *("gift started", "gift pending", "gift failed", "gift expired", "gift paid"),
    *("plan active", "plan past_due", "plan paused", "plan ended", "plan held"),
    *("a further month", "second page"),
    *(f"staff: {how}" for how in STEER),
}


def steered(story: Story) -> None:
    """Each act of staff that Stripe allows after the one before."""
    story.begin(month=GOOD, bank=False, past=True, late=False)
    story.time_passes(days=1)  # a further month has come, whatever the calendar
    story.compare(apply=True)
    for acts in (["amount"], ["pause", "resume"], ["pause until", "resume"], ["stop", "undo"], ["end"]):
        story.staff_steer(which=0, acts=acts)


def given_back(story: Story) -> None:
    """A debit that fails, a refund that comes back, a dispute that is won, a payout, money of others."""
    story.begin(month=GOOD, bank=True, past=False, late=True)
    story.nothing_goes_back()  # the debit is on its way
    story.bank_decides(which=0, well=False)
    story.refund(part=40, which=0)
    story.refund_fails(which=0)
    story.dispute(which=1, inquiry=False)
    story.dispute_ends(which=0, well=True)
    story.money_of_others()
    story.payout()
    story.events_come(seed=1, lost=0, twice=0.5)


def left_unpaid(story: Story) -> None:
    """A card that fails until the plan is paused for it; and a donor who comes back when the page has ended."""
    story.begin(month=FAILS_LATER, bank=False, past=False, late=False)
    story.come_back(which=0, how="same", card=GOOD, days=0.03)
    for days in (32, 8, 8, 8):  # more than a month, whatever the calendar
        story.time_passes(days=days)
        story.compare(apply=True)


WRITTEN = (steered, given_back, left_unpaid)  # what random stories reach changes with every edit; these reach the rest


def tell(sandbox, settings, stories: int, **more) -> None:
    Story.sandbox, Story.django = sandbox, settings
    how = effort(
        max_examples=stories, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck),
        derandomize=True, print_blob=False, **more,
    )  # fmt: skip
    run_state_machine_as_test(Story, settings=how)


def tell_written(sandbox, settings, stories: Iterable[Callable[[Story], None]] = WRITTEN) -> None:
    Story.sandbox, Story.django = sandbox, settings
    for written in stories:
        story = Story()
        try:
            written(story)
        except BaseException:
            story.leave()
            raise
        story.teardown()


@pytest.mark.django_db
def test_it_has_stripes_books_after_every_story(till, charity, sandbox, settings, unhurried):
    REACHED.clear()
    tell(sandbox, settings, STORIES)
    tell_written(sandbox, settings)
    assert set(+REACHED) >= EVERYTHING, EVERYTHING - set(+REACHED)
