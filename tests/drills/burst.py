"""Stolen cards: many forms at once at four web processes, or one many times; honest donors meanwhile; and a church."""

import math
import os
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from stripe_sandbox import API_VERSION
from tests.drills.site import DrillSite, eventually

WORKERS = 4  # web processes, each with threads of its own
AT_ONCE = 16  # robots that send at the same time
HOME = "10.250.0.1"  # from where somebody gave before
CHURCH = "10.240.0.1"
PROMPT = 3.0  # seconds in which an honest donor is at Stripe's page while robots are at work: a drill may ask that


class TooSlowError(AssertionError):
    """All else was as it should be, but an honest donor waited: on a machine that does nothing else that is a fault."""


def _one(_number: int) -> str:
    return "10.99.0.1"


def _fifty(number: int) -> str:
    return f"10.99.1.{number % 50}"


def _networks(number: int) -> str:
    return f"10.{100 + number % 50}.1.1"


def _forged(number: int) -> str:
    """What the robot wrote itself, then what the proxy saw."""
    return f"203.0.113.{number % 250}, 10.99.2.1"


# whence the posts come -> what counts them, and whether the breaker may ask everybody for one step more
WAYS = {
    "one address": (_one, "an address", False),
    "fifty addresses of one network": (_fifty, "a network", False),
    "fifty networks": (_networks, "everywhere", True),
    "forged X-Forwarded-For": (_forged, "an address", False),
}


def cards_are_tried(site: DrillSite, way: str, posts: int, prompt: float = PROMPT) -> None:
    """The pages made at Stripe stay under the limit of `way`, and honest donors get to theirs meanwhile, in `prompt`
    seconds; the last, after all else was looked at, raises TooSlowError.

    The limit is what may come at once and what the time of the burst adds: docs/card-testing.md, “Limits”.
    """
    address, counted, breaker = WAYS[way]
    at_once, window = site.ask("limits_of_pages")[counted]
    site.kill_web()
    site.start_web(workers=WORKERS)
    site.start_worker()
    first = site.open_page(address=HOME)
    site.sandbox.pay(first)
    eventually(lambda: site.ask("state")["paid"] == 1, "the honest donor's first gift is booked")
    before, began = _pages(site), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as robots:
        sent = [robots.submit(site.open_page, address=address(number), prove=False) for number in range(posts)]
        stranger = site.open_page(address="10.251.0.1")
        asked, at = site.proofs, time.monotonic()
        known = site.open_page(address=HOME)
        took = time.monotonic() - at
        assert site.proofs == asked, "a donor from where a gift was paid was asked for more"
        led = sum(bool(each.result()) for each in sent)
    seconds = time.monotonic() - began
    made = _pages(site) - before - bool(stranger) - bool(known)
    limit = at_once + math.ceil(seconds * at_once / window)
    later = site.open_page(address="10.252.0.1")
    site.say(
        f"   {way}: {posts} posts in {seconds:.0f} s, {made} pages at Stripe (limit {limit}), {site.proofs} proofs; "
        f"an honest donor was there in {took:.1f} s (load {os.getloadavg()[0]:.0f})"
    )
    assert led == made, f"{led} robots were led to Stripe, which made {made} pages"
    assert 0 < made <= limit, f"{made} pages were made at Stripe, the limit is {limit}"
    assert stranger and known and later, "an honest donor got to no page"
    if breaker:
        assert site.proofs, "nobody was asked to prove work while the breaker is open"
    else:
        assert not site.proofs, "one address made honest donors elsewhere prove work"
    for page in (stranger, known, later):
        site.sandbox.pay(page)
    site.settle()
    site.assert_books_agree()
    assert site.ask("state")["paid"] == 4, "an honest gift is missing"
    if took > prompt:
        raise TooSlowError(f"{way}: an honest donor waited {took:.1f} s")


def a_church_gives(site: DrillSite, people: int) -> None:
    """As many people behind one address as robots in a burst, faster than in any church: each is led to Stripe, some
    after a proof of work, and pays. Nobody is told to wait.
    """
    site.kill_web()
    site.start_web(workers=WORKERS)
    site.start_worker()
    began = time.monotonic()

    def gives(_number: int) -> bool:
        page = site.open_page(address=CHURCH)
        if page:
            site.sandbox.pay(page)
        return bool(page)

    with ThreadPoolExecutor(AT_ONCE // 2) as hall:
        led = sum(hall.map(gives, range(people)))
    site.say(f"   a church: {led} of {people} people gave in {time.monotonic() - began:.0f} s, {site.proofs} proofs")
    assert 429 not in site.answered, "somebody was told to wait"
    assert led == people, f"{people - led} people were not led to Stripe"
    site.settle()
    site.assert_books_agree()
    assert site.ask("state")["paid"] == people, "a gift is missing"


def one_form_is_sent(site: DrillSite, posts: int) -> None:
    """The same form, with its one stamp, sent by many at once at four web processes: one page is made at Stripe, and
    whoever is led on is led there.
    """
    site.kill_web()
    site.start_web(workers=WORKERS)
    before = _pages(site)
    person, fields = site.fill_form(address="10.230.0.1")
    cookies = person.cookies.get_dict()

    def send(number: int) -> str:
        head = {"X-Forwarded-For": _networks(number)}
        address = f"{site.url}/give/"
        answer = requests.post(address, fields, headers=head, cookies=cookies, timeout=60, allow_redirects=False)
        return answer.headers["Location"] if answer.status_code == 303 else ""

    with ThreadPoolExecutor(AT_ONCE) as robots:
        led = list(robots.map(send, range(posts)))
    made = _pages(site) - before
    site.say(f"   one form: {posts} posts, {made} page at Stripe, {sum(map(bool, led))} were led there")
    assert made == 1 == len(set(led) - {""}), f"{made} pages were made at Stripe for one form"


def _pages(site: DrillSite) -> int:
    """How many payment pages Stripe has made."""
    address, key = f"{site.sandbox.tenant()}/v1/checkout/sessions", site.secrets["SANDBOX_SECRET_KEY"]
    head = {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION}
    count = 0
    after: dict[str, str | int] = {"limit": 100}
    while True:
        page = requests.get(address, after, headers=head, timeout=60).json()
        assert "data" in page, page
        count += len(page["data"])
        if not page["has_more"]:
            return count
        after["starting_after"] = page["data"][-1]["id"]
