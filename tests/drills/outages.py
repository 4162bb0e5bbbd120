"""What the site stands on goes away under load: the database, the disk, Stripe."""

import threading
import time
from functools import partial

from tests.drills.cluster import Cluster
from tests.drills.narrow_disk import NarrowDisk
from tests.drills.site import DrillSite, eventually


def database_stops(site: DrillSite, cluster: Cluster, times: int) -> None:
    """`pg_ctl stop -m immediate` and start again, while donors give and two workers run."""
    workers = [site.start_worker(), site.start_worker()]
    over = threading.Event()
    led: list[str] = []

    def give() -> None:
        while not over.is_set():
            led.append(site.give("once", 20))

    donors = [threading.Thread(target=give) for _ in range(2)]
    for donor in donors:
        donor.start()

    def led_to_stripe(so_many: int) -> bool:
        return len([page for page in led if page]) >= so_many

    try:
        for stop in range(times):
            want = len([page for page in led if page]) + 3
            eventually(partial(led_to_stripe, want), f"gifts before stop {stop + 1}")
            cluster.stop_at_once()
            site.inject("the database stopped at once, as in a power cut, under load")
            site.cut_off += len(workers)
            time.sleep(site.dice.random() * 0.5)  # waits for nothing: how long the database is away
            cluster.start()
    finally:
        over.set()
        for donor in donors:
            donor.join()
    for worker in workers:
        assert site.ended(worker) is None, "a worker died of the database's absence"
    assert site.web.poll() is None, "the web server died of the database's absence"
    assert 500 not in site.answered, "a database that is away was called a fault"
    site.settle()
    site.say(f"   {times} stops; {len([page for page in led if page])} donors led to Stripe, {led.count('')} not")
    site.assert_books_agree()


def disk_fills(site: DrillSite, disk: NarrowDisk, gifts: int) -> None:
    """Donors pay while nothing more can be written; then there is room again."""
    site.start_worker()
    site.give("once", 41)
    pages = [site.open_page("once", 42) for _ in range(gifts)]
    assert all(pages)
    disk.fill(site)
    site.inject(disk.how)
    site.cut_off += 1
    for page in pages:
        site.sandbox.pay(page)

    def refused_webhooks() -> set[str]:
        """SQLite writes on in what its files already hold, so more and more comes in until that is used up."""
        disk.fill(site)
        site.sandbox.refund(payment_intent=site.intents()[0], amount=1)
        return _refused(site)

    answers = eventually(refused_webhooks, "a webhook that cannot be kept is answered with an error")
    refused = [site.open_page("once", 43) for _ in range(gifts)]
    assert site.answered <= {200, 303, 503}, f"a full disk was called a fault: {site.answered}"
    disk.free(site)
    site.settle()
    site.say(
        f"   {disk.how}: {len(pages)} gifts paid meanwhile, webhooks answered {sorted(answers)}, "
        f"{refused.count('')} of {gifts} new donors were not led to Stripe"
    )
    site.assert_books_agree()


def _refused(site: DrillSite) -> set[str]:
    return {each["answer"] for each in site.sandbox.deliveries() if each["answer"].startswith("5")}


def stripe_is_down(site: DrillSite, gifts: int, steps: int) -> None:
    """An hour in which no call to Stripe is answered, in steps of the clock; events came in just before."""
    site.sandbox.webhooks(hold=True)
    for _gift in range(gifts):
        site.give("once", 51)
    site.sandbox.control("POST", "faults", body={"api": [{"kind": "unavailable"}]})
    site.sandbox.deliver()
    site.inject("Stripe answers nothing for an hour")
    refused = site.open_page("once", 52)
    assert refused == "", "a donor was led to a Stripe that is down"
    for _step in range(steps):
        assert site.wait(site.start("worker", "--once")) == 0
        site.ask("time_passes", 3600 // steps)
    states = list(site.ask("event_states").values())
    assert "waiting" in states, "events wait for Stripe"
    site.settle()
    site.say(f"   an hour in {steps} steps; {states.count('waiting')} events waited for Stripe")
    site.assert_books_agree()
