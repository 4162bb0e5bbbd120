"""kill -9 at the named failpoints, and at moments that nobody chose."""

import time

from tests.drills import failpoints
from tests.drills.site import LEASE, DrillSite, eventually

CARDS = ["4242424242424242", "4242424242424242", "5555555555554444"]


def at_a_point(site: DrillSite, name: str) -> None:
    """One process of the site dies at the named point; the rest of the work is done by those that are started anew."""
    if name in failpoints.WEB:
        _web(site, name)
    else:
        _worker(site, name)
    site.inject(f"kill -9 at “{name}”")
    site.settle()
    site.say(f"   died at “{name}”")
    site.assert_books_agree()


def _web(site: DrillSite, name: str) -> None:
    page = site.open_page("once", 31)
    site.kill_web()
    site.start_web(die_at=name)
    site.sandbox.pay(page)
    eventually(site.mark.exists, f"the web server comes to “{name}”")
    site.kill_web()  # what granian leaves when its worker is gone
    site.start_web()


def _worker(site: DrillSite, name: str) -> None:
    site.stop_workers()
    assert site.give("once", 32), "no page to pay on"
    worker = site.start_worker(die_at=name)
    assert site.wait(worker) == -9 and site.mark.exists(), f"the worker did not die at “{name}”"
    site.kills += 1
    site.ask("time_passes", LEASE)


def at_random(site: DrillSite, times: int) -> None:
    """A worker is killed again and again while gifts, refunds and disputes come in."""
    for _kill in range(times):
        site.give(site.dice.choice(["once", "once", "monthly"]), site.dice.randint(5, 90), "USD")
        if site.dice.random() < 0.3:
            site.sandbox.refund(payment_intent=site.dice.choice(site.intents()), amount=100)
        worker = site.start_worker()
        time.sleep(site.dice.random() * 0.8)  # waits for nothing: this is the random moment
        site.kill_worker(worker)
        site.ask("time_passes", LEASE)
    left = site.ask("unfinished")
    site.settle()
    site.say(f"   {times} kills at random; {left} jobs were left for the last worker")
    site.assert_books_agree()
