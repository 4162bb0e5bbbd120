"""The mail server is away, slow, or refuses an address; and the site is stopped under load, as an operator does it."""

import os
import signal
import threading

from tests.drills.site import LONGEST, PATIENCE, DrillSite, eventually


def mail_is_away(site: DrillSite, gifts: int) -> None:
    """Nobody can connect, while gifts are booked; then it is there again."""
    before = sum(site.mail.letters.values())
    site.mail.stop()
    site.inject("the mail server is away")
    site.start_worker()
    _give_and_book(site, gifts)
    eventually(lambda: site.ask("letters_held"), "a letter was tried", LONGEST)
    assert sum(site.mail.letters.values()) == before
    site.mail.come_back()
    site.settle()
    assert sum(site.mail.letters.values()) >= before + gifts
    site.assert_books_agree()


def mail_is_slow(site: DrillSite, gifts: int, seconds: float) -> None:
    """Each answer takes so long; money is booked beside it."""
    before = sum(site.mail.letters.values())
    site.mail.slow = seconds
    site.inject(f"each answer of the mail server takes {seconds} s")
    site.start_worker()
    _give_and_book(site, gifts)
    eventually(lambda: sum(site.mail.letters.values()) > before, "a letter left, slowly", LONGEST)
    site.mail.slow = 0
    site.settle()
    site.assert_books_agree()


def mail_refuses_one(site: DrillSite, gifts: int) -> None:
    """One donor has mistyped their address. The letters of the others leave."""
    site.mail.refused = f"donor{next(site.donors) + 1}@donor.example"  # the next one
    site.inject("the mail server refuses one address")
    _give(site, gifts)
    site.start_worker()
    eventually(lambda: site.mail.heard["refused"], "the letter to that address was tried", LONGEST)
    site.settle()
    assert site.ask("state")["failed"] == [site.mail.refused], "one letter, to that address, is given up"
    assert site.mail.heard["refused"] == 1, "and it was tried once"
    site.assert_books_agree()


def _give(site: DrillSite, gifts: int) -> None:
    for _gift in range(gifts):
        assert site.give("once", 33), "no page to pay on"


def _give_and_book(site: DrillSite, gifts: int) -> None:
    before = site.ask("money")[0]
    _give(site, gifts)
    eventually(
        lambda: site.ask("money")[0] >= before + gifts, "the gifts are booked whatever the mail server does", LONGEST
    )


def stopped_under_load(site: DrillSite, times: int) -> None:
    """SIGTERM to web and workers while donors give: each ends by itself and with 0, and no letter is in doubt."""
    led: list[str] = []
    for _time in range(times):
        over = threading.Event()
        donors = [threading.Thread(target=_go_on_giving, args=(site, led, over)) for _ in range(3)]
        site.start_worker()
        site.start_worker()
        for donor in donors:
            donor.start()
        try:
            _led_to_stripe(led, _count(led) + 3)
            os.kill(site.web.pid, signal.SIGTERM)
            site.stop_workers()
            assert site.web.wait(timeout=PATIENCE) == 0, "the web server did not stop cleanly"
        finally:
            over.set()
            for donor in donors:
                donor.join()
        site.inject("SIGTERM to the web server and two workers under load")
        site.start_web()
    assert site.answered <= {200, 303, 403, 503}, f"a donor was shown a fault: {site.answered}"
    site.settle()
    assert "unsure" not in site.ask("state")["letters"].values(), "a letter is in doubt after a clean stop"
    site.say(f"   {times} stops; {_count(led)} donors led to Stripe, {led.count('')} not")
    site.assert_books_agree()


def _go_on_giving(site: DrillSite, led: list[str], over: threading.Event) -> None:
    while not over.is_set():
        led.append(site.give("once", 34))


def _count(led: list[str]) -> int:
    return len(led) - led.count("")


def _led_to_stripe(led: list[str], so_many: int) -> None:
    eventually(lambda: _count(led) >= so_many, "donors give")
