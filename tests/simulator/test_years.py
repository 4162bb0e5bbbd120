"""Charity-years in one process (tests/simulator/charity.py): the kept seeds. `script/drill years` lives a thousand."""

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from donations.models import StripeEvent
from foundation.access import ratelimit
from foundation.jobs import with_row
from foundation.jobs.models import Job
from foundation.jobs.queue import claim, enqueue
from tests.donations.test_planted_faults import fee_is_booked_twice, letter_is_sent_again
from tests.running import SEED
from tests.simulator import written
from tests.simulator.living import Seed, digest_in_a_file, kept, live
from tests.simulator.moments import KilledError, Moments, Trap
from tests.stripe_sandbox.driver import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
BRIEF = 0.1  # years


@pytest.fixture
def lives(till, charity, standing, settings, unhurried, undrawn):
    return lambda number, years: live(standing, settings, number, years)


@pytest.mark.parametrize("seed", kept(), ids=lambda seed: f"seed {seed.number}")
def test_it_has_stripes_books_at_every_step_of_a_kept_seed(lives, seed: Seed):
    lived = lives(seed.number, seed.years)
    assert lived.report["checks"] > lived.report["steps"] > 5 and lived.report["gifts paid"] > 2


@pytest.mark.once
def test_it_tells_the_same_story_of_a_seed_again_also_to_a_stripe_behind_http(lives, settings, tmp_path):
    first = lives(7, BRIEF)
    settings.SECRET_KEY = "of another process"
    blank = Sandbox.start(tmp_path, seed=SEED, still=True)
    try:
        again = live(blank, settings, 7, BRIEF)
    finally:
        blank.stop()
    assert first.written == again.written and len(first.written["books"]) > 5
    assert first.report == again.report


@pytest.mark.postgres
def test_it_writes_the_same_books_receipts_and_letters_on_both_databases(lives):
    assert written.fingerprint(lives(6, BRIEF).written) == digest_in_a_file(6, BRIEF)


@pytest.mark.once
@pytest.mark.parametrize(
    ("fault", "number", "found"),
    [(letter_is_sent_again, 9, "mailed 2 times"), (fee_is_booked_twice, 10, "booked, and at Stripe")],
)
def test_it_finds_a_planted_fault_and_names_the_seed(lives, monkeypatch, fault, number, found):
    fault(monkeypatch.setattr)
    with pytest.raises(AssertionError, match=f"seed {number}, step .*{found}"):
        lives(number, BRIEF)


def test_it_counts_the_same_commits_on_every_database(till):
    """PostgreSQL claims within a transaction even where nothing waits, and keeps a webhook by a statement without one:
    a death at the n-th commit was another one there.
    """
    counted, event = [], StripeEvent(event_id="evt_1", type="a.type", created=timezone.now(), livemode=False)
    with Moments(till, alike=True) as moments:
        for act in (
            claim,
            lambda: with_row.insert(event, "a kind", "told", {}),
            lambda: ratelimit.allow("act", "somebody", 1, 60),
            lambda: enqueue("a kind", "another"),
        ):
            before = moments.seen["commit"]
            act()
            counted.append(moments.seen["commit"] - before)
    assert counted == [0, 1, 1, 1] and StripeEvent.objects.count() == 1


@pytest.mark.parametrize(("after", "there"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("kills", [False, True])
def test_it_ends_a_commit_before_or_after_it(till, after: bool, there: int, kills: bool):
    with Moments(till) as moments:
        moments.set(Trap("commit", 2, after, kills))
        enqueue("a kind", "first")
        with pytest.raises(KilledError if kills else OperationalError), transaction.atomic():
            enqueue("a kind", "second")
        if kills:
            with pytest.raises(KilledError):
                Job.objects.count()
            moments.restart()
        assert set(Job.objects.values_list("key", flat=True)) == {"first", "second"} if there else {"first"}
        assert len(moments.sprung) == 1
