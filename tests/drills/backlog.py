"""A backlog of Stripe's events that two workers share, one of which is killed half way: each is done once, what brings
a receipt first, and the last tenth costs a worker no more than the first.
"""

import os
import time
from functools import partial
from pathlib import Path

from tests.drills.site import PATIENCE, DrillSite, eventually

SLICES = 10
LONG = 5000  # events from which on what a tenth costs says something beside the start of a worker


def drained(site: DrillSite, events: int, gifts: int) -> None:
    """Gifts stand before and behind the backlog. The rate of each tenth is told, and what it cost the workers in
    processor time, which others on the machine change little. No time by the clock fails the drill.
    """
    for _ in range(gifts):
        assert site.give("once", "25", "ada@donor.example")
    eventually(site.delivered, "every event is delivered")
    began = time.monotonic()
    site.ask("backlog", events)
    site.say(f"   {events} events were written in {time.monotonic() - began:.0f} s")
    for _ in range(gifts):
        assert site.give("once", "25", "grace@donor.example")
    eventually(site.delivered, "every event is delivered")
    all_of_them = site.ask("events_waiting")
    assert all_of_them >= events
    assert site.ask("before_receipts") == 0, "what brings a receipt waits behind what does not"
    costs: list[float] = []
    for _ in range(2):
        site.start_worker()
    patience = PATIENCE + events / 2
    for number in range(1, SLICES + 1):
        before, began = site.ask("events_waiting"), time.monotonic()
        left = all_of_them * (SLICES - number) // SLICES
        spent = _spent(site)
        if number == SLICES // 2:
            site.kill_worker(site.workers[0])
            site.start_worker()
        if number == SLICES:
            break  # what the killed one had in hand waits for its lease
        eventually(partial(_at_most, site, left), f"{left} events are left", patience)
        after = site.ask("events_waiting")
        rate = (before - after) / (time.monotonic() - began)
        costs.append(1000 * (_spent(site) - spent) / max(before - after, 1))
        cost = f"{costs[-1]:.1f} ms of the workers each" if costs[-1] > 0 else "one of the workers killed"
        site.say(
            f"   {after:>7} of {all_of_them} wait: {rate:.0f} a second, {cost}; "
            f"{site.ask('receipts_waiting')} that bring a receipt wait; {len(site.mail.letters)} letters mailed"
        )
        if number == 1 and events >= LONG:
            assert site.ask("receipts_waiting") == 0, "a receipt waits behind a tenth of the backlog"
    eventually(partial(_at_most, site, 8 * site.kills), "what nobody holds is done", patience)
    site.settle()
    if events >= LONG:  # without the tenths in which a worker starts
        early, late = costs[1 : SLICES // 2 - 1], costs[SLICES // 2 :]
        assert min(late) < 2 * max(early), f"a long backlog costs more than a short one: {costs}"
    again = site.ask("done_again")
    assert again <= 8 * site.kills, f"{again} jobs were begun twice: more than a killed worker had in hand"
    assert site.ask("events_waiting") == 0
    site.assert_books_agree()


def _at_most(site: DrillSite, left: int) -> bool:
    return bool(site.ask("events_waiting") <= left)


def _spent(site: DrillSite) -> float:
    """Processor time of the workers that live, in seconds; 0 where the system does not say it in /proc."""
    ticks = 0
    for worker in site.workers:
        stat = Path(f"/proc/{worker}/stat")
        if stat.exists():
            ticks += sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
