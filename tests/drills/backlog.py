"""A backlog of Stripe's events that two workers share, one of which is killed half way: each is done once."""

import time
from functools import partial

from tests.drills.site import PATIENCE, DrillSite, eventually

SLICES = 10


def drained(site: DrillSite, events: int, gifts: int) -> None:
    """Gifts stand before and behind the backlog. The rate of each tenth is told: it must not fall as the backlog was
    long, and rises where that is short. No time fails the drill.
    """
    for _ in range(gifts):
        assert site.give("once", "25", "ada@donor.example")
    eventually(site.delivered, "every event is delivered")
    site.ask("backlog", events)
    for _ in range(gifts):
        assert site.give("once", "25", "grace@donor.example")
    eventually(site.delivered, "every event is delivered")
    all_of_them = site.ask("events_waiting")
    assert all_of_them >= events
    for _ in range(2):
        site.start_worker()
    patience = PATIENCE + events / 2
    for number in range(1, SLICES + 1):
        before, began = site.ask("events_waiting"), time.monotonic()
        left = all_of_them * (SLICES - number) // SLICES
        if number == SLICES // 2:
            site.kill_worker(site.workers[0])
            site.start_worker()
        if number == SLICES:
            break  # what the killed one had in hand waits for its lease
        eventually(partial(_at_most, site, left), f"{left} events are left", patience)
        after = site.ask("events_waiting")
        rate = (before - after) / (time.monotonic() - began)
        site.say(f"   {after:>7} of {all_of_them} wait: {rate:.0f} a second; {len(site.mail.letters)} letters mailed")
    eventually(partial(_at_most, site, 8 * site.kills), "what nobody holds is done", patience)
    site.settle()
    again = site.ask("done_again")
    assert again <= 8 * site.kills, f"{again} jobs were begun twice: more than a killed worker had in hand"
    assert site.ask("events_waiting") == 0
    site.assert_books_agree()


def _at_most(site: DrillSite, left: int) -> bool:
    return bool(site.ask("events_waiting") <= left)
