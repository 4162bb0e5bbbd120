"""A payment's way stands in docs/architecture.md: the tracer takes it, and enters no module that is not there."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from donations.books import published
from donations.campaigns import matching
from donations.giving import checkout, gifts, returned
from donations.webhooks import events, views
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from tests.donations.walking import Walk, walk
from tests.running import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = (ROOT / "docs/architecture.md").read_text()


def steps(number: int) -> list[str]:
    """The functions of a walk, as its table names them."""
    return re.findall(r"^\| `([\w.]+)` \|", _part(number), re.M)


def beside(number: int) -> set[str]:
    """The modules that are passed as well."""
    (words,) = re.findall(r"^Beside: (.*?)\.$", _part(number), re.M | re.S)
    return set(re.findall(r"`([\w.]+)`", words))


def _part(number: int) -> str:
    (part,) = re.findall(rf"^### {number}\. .*?(?=^### |\Z)", PAGE, re.M | re.S)
    return part


def hold_against_the_page(heard: Walk, number: int) -> None:
    named, passed = steps(number), beside(number)
    entered = list(heard.entered)
    assert named and entered[0] == named[0]
    assert [name for name in entered if name in named] == named, "in this order"
    modules = set(heard.modules.values())
    on_the_page = {heard.modules[name] for name in named} | passed
    assert modules - on_the_page == set(), "entered, and not in docs/architecture.md"
    assert passed - modules == set(), "in docs/architecture.md, and not entered"


def told_of(till, kind: str) -> dict[str, Any]:
    return next(event for event in till.events() if event["type"] == kind)


def walked(first: Callable[..., Any], number: int, does: Callable[[], Any]) -> Any:
    with walk(first) as heard:
        done = does()
    hold_against_the_page(heard, number)
    return done


@pytest.mark.parametrize(
    ("frequency", "kind", "number"),
    [
        ("once", "checkout.session.completed", 4),
        ("monthly", "invoice.paid", 5),
    ],
)
def test_it_goes_the_way_that_the_page_shows(donor, till, frequency, kind, number):
    walked(gifts.begin, 1, lambda: donor.give(frequency, "30"))
    donor.client.cookies.clear()
    page = walked(checkout.start, 2, lambda: donor.give(frequency, "30"))
    donor.pay(page)
    Job.objects.filter(kind=returned.KIND).delete()  # the event comes first
    event = told_of(till, kind)
    walked(inspect.unwrap(views.webhook), 3, lambda: till.post(event))
    walked(events.apply, number, run_due)


def test_it_hears_of_a_module_that_is_not_on_the_page(donor, monkeypatch):
    donor.give("once", "30")  # whose account it is, is asked once
    donor.client.cookies.clear()
    reserve = matching.reserve

    def roundabout(gift):
        published.raised()
        reserve(gift)

    monkeypatch.setattr(matching, "reserve", roundabout)
    with pytest.raises(AssertionError, match="not in docs"):
        walked(checkout.start, 2, lambda: donor.give("once", "30"))
