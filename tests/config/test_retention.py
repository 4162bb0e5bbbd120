"""What is promised to be forgotten is: one table, one daily job, and a page that says the same."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from awareness.messages import Message
from config import cookies, housekeeping, retention_rules
from donations.giving import browser_cookie, form_cookie, gifts
from donations.models import CardTry, Gift, Opening, StripeEvent
from foundation.access import tokens
from foundation.access.models import AccessLink
from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from pledges import counting, pledging
from pledges.models import Pledge, Signature, SignatureEvent
from supporters import subscribing
from supporters.models import SubscriptionRequest
from tests.running import ROOT

pytestmark = pytest.mark.django_db
NOBODY = "nobody@stranger.example"


@pytest.fixture
def typed() -> Signature:
    """Somebody typed that address into every form there is, and its owner did nothing."""
    pledge = Pledge.objects.create(slug="main", title="A promise", is_main=True)
    text = pledge.texts.create(version=1, text="Words.")
    pledging.sign(text, email=NOBODY, name="Nobody", country="", age=16, letters_wording="", page="/pledge/")
    subscribing.mail_confirmation(NOBODY, "Letters, please.")
    gift_request = gifts.GiftRequest(gifts.new_attempt(), "once", "USD", 2500, 0, NOBODY, "Nobody", "Nobody Ltd")
    gifts.begin(gift_request, "192.0.2.1", vouched=True)
    tokens.make("a purpose", "a subject", timedelta(days=1))
    Message.objects.create(reason="General", name="Nobody", email=NOBODY, text="Hello", last_word_at=timezone.now())
    told = {"event_id": "evt_1", "type": "x", "created": timezone.now(), "livemode": False}
    StripeEvent.objects.create(payload='{"email": "nobody@stranger.example"}', **told)
    jobs.run_due()
    Letter.objects.filter(to=NOBODY).update(state=Letter.State.SENT, sent_at=timezone.now())
    assert Letter.objects.filter(to=NOBODY).count() == 2
    return Signature.objects.get()


def later(days: float):
    return time_machine.travel(timezone.now() + timedelta(days=days, minutes=1), tick=False)


def test_it_knows_nothing_after_three_weeks_of_an_address_that_somebody_typed(typed):
    with later(20):
        housekeeping.forget()
    assert Signature.objects.get().email == NOBODY
    assert Letter.objects.filter(to=NOBODY, text__contains="http").count() == 2
    with later(21):
        housekeeping.forget()
    assert not Signature.objects.exists() and not SubscriptionRequest.objects.exists()
    assert set(Letter.objects.values_list("to", "subject", "text", "html")) == {("", "", "", "")}
    assert Letter.objects.count() == 2  # the rows stay, so that none is written twice
    gift = Gift.objects.get()
    assert (gift.email, gift.name, gift.company, gift.total) == ("", "", "", 2500)
    assert not Opening.objects.exists() and not CardTry.objects.exists()


def test_it_tells_first_what_would_be_forgotten_and_changes_nothing(typed, capsys):
    with later(400):
        expected = [(rule.name, count) for rule, count in retention_rules.run(dry=True)]
        call_command("forget", "--dry-run")
        told = capsys.readouterr().out
        assert Signature.objects.get().email == NOBODY and Message.objects.exists() and AccessLink.objects.exists()
        assert "Nothing was changed" in told and re.search(r"2\s+What a letter from us said", told)
        call_command("forget")
        assert [(rule.name, count) for rule, count in retention_rules.run(dry=True) if count] == []
    assert dict(expected) | {"unconfirmed": 1, "unpaid": 1, "letters": 2, "messages": 1, "events": 1} == dict(expected)
    assert "stranger" not in StripeEvent.objects.get().payload


def test_it_keeps_what_must_stay(typed):
    paid = Gift.objects.get()
    Gift.objects.filter(pk=paid.pk).update(status=Gift.Status.PAID, paid_at=timezone.now())
    Signature.objects.update(attempt=1)
    link = AccessLink.objects.get(purpose="pledge-confirm")
    assert pledging.confirm(link)
    with later(400):
        retention_rules.run()
    assert Gift.objects.get().email == NOBODY
    assert Signature.objects.get().email == NOBODY and counting.proof(typed.pledge).holds


def test_it_forgets_the_name_of_who_took_a_signature_back_and_keeps_the_count(typed):
    assert pledging.confirm(AccessLink.objects.get(purpose="pledge-confirm"))
    pledging.withdraw(typed)
    with later(89):
        retention_rules.run()
    assert Signature.objects.get().email == NOBODY
    with later(90):
        retention_rules.run()
    gone = Signature.objects.get()
    assert (gone.name, gone.email, gone.canonical) == ("", "", f"erased:{gone.pk}")
    assert SignatureEvent.objects.count() == 2 and counting.proof(typed.pledge).holds


def test_it_forgets_once_a_day_by_the_worker():
    assert jobs.PERIODICS["config.housekeeping.forget"][0] == jobs.PERIODS["day"]
    assert {rule.name for rule in retention_rules.RULES} == set(settings.RETENTION)


def test_it_says_three_weeks_only_because_the_table_does():
    saying = [
        path for path in Path(ROOT, "templates").rglob("*") if path.is_file() and "three weeks" in path.read_text()
    ]
    assert saying and settings.RETENTION["unconfirmed"] == settings.RETENTION["letters"] == 21


def test_it_names_every_cookie_that_the_site_sets():
    setting = re.compile(r"\b(?:set_(?:signed_)?cookie\(|path_cookies\.write\(\s*\w+,)\s*(\w+)")
    found = set()
    for app in ("awareness", "config", "donations", "foundation", "pledges", "staff", "supporters"):
        for path in Path(ROOT, app).rglob("*.py"):
            found |= {(path.relative_to(ROOT).as_posix(), name) for name in setting.findall(path.read_text())}
    found -= {("foundation/access/path_cookies.py", "name")}  # of whoever calls it
    known = {
        ("donations/giving/browser_cookie.py", "NAME"),
        ("supporters/visits.py", "COOKIE"),
        ("staff/browsers.py", "COOKIE"),
    }
    assert found == known | {("donations/giving/form_cookie.py", "NAME")}
    assert [name for name, *_ in cookies.table()][1:4] == [browser_cookie.NAME, form_cookie.NAME, "my"]
