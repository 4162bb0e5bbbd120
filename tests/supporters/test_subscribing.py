"""Letters by e-mail: nothing comes before the owner of the address pressed the mailed link's button."""

import csv
import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from foundation.access import antispam
from foundation.letters.models import Letter
from supporters import consent, news, subscribing, supporters
from supporters.models import ConsentEvent, SubscriptionRequest, Supporter
from tests.answers import streamed
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
LETTERS = ConsentEvent.Purpose.LETTERS


@pytest.fixture
def asked(client):
    """Somebody asked; answers the address in their letter."""
    page = client.get("/subscribe/")
    data = {
        "email": "Ada@example.org",
        "letters": "on",
        "spare": "",
        "opened": page.context["form"].initial["opened"],
    }
    assert client.post("/subscribe/", data)["Location"] == "/subscribe/sent/"
    letter = Letter.objects.get(template="subscribe_confirm")
    assert letter.to == "Ada@example.org"
    return re.search(r"/subscribe/confirm/[^/\s]+/", letter.text).group()


def test_it_sends_nothing_before_the_button_is_pressed(client, asked):
    assert client.get(asked).status_code == 200
    assert not Supporter.objects.exists()
    for _ in range(2):
        assert client.post(asked).status_code == 302
    supporter = Supporter.objects.get()
    assert news.wants(supporter, LETTERS)
    assert ConsentEvent.objects.get().method == ConsentEvent.Method.CONFIRMED
    assert "Our letters will come" in client.get(asked).content.decode()


def test_it_writes_from_then_on_in_the_language_in_which_somebody_asked(client, asked):
    """Also to somebody whom we knew in another: this is what they read."""
    supporters.get_or_create_supporter("ada@example.org")
    SubscriptionRequest.objects.update(locale="es")
    client.post(asked)
    assert Supporter.objects.get().language == "es"


def test_it_says_that_a_wrong_link_has_ended(client):
    assert client.get("/subscribe/confirm/nothing/").status_code == 410


def test_it_forgets_after_three_weeks_who_never_confirmed(asked):
    SubscriptionRequest.objects.update(asked_at=timezone.now() - timedelta(days=22))
    subscribing.forget()
    assert not SubscriptionRequest.objects.exists()


def test_it_wants_the_box_ticked(client):
    opened = client.get("/subscribe/").context["form"].initial["opened"]
    answer = client.post("/subscribe/", {"email": "a@example.org", "spare": "", "opened": opened})
    assert "Please tick the box" in answer.content.decode()
    assert not Letter.objects.exists()


def test_it_writes_no_yes_down_because_a_machine_pressed_the_button(client, asked, monkeypatch):
    monkeypatch.setattr(antispam, "FASTEST", 2.0)
    shown = client.get(asked).context["opened"]
    assert client.post(asked, {"opened": shown}).status_code == 200
    assert not Supporter.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        client.post(asked, {"opened": shown})
    assert news.wants(Supporter.objects.get(), LETTERS)


def test_it_shows_staff_who_gets_letters_and_exports_them_with_their_consent(client, asked):
    client.post(asked)
    gone = supporters.get_or_create_supporter("gone@example.org", verified=True)
    for given in (True, False):
        consent.record(gone, LETTERS, given, "words", "/subscribe/")
    staff = signed_in("Administrator")
    listed = staff.get("/admin/subscription/").content.decode()
    assert "Ada@example.org" in listed and "gone@example.org" not in listed
    file = b"".join(streamed(staff.get("/admin/subscription/?export=csv"))).decode()
    (row,) = csv.DictReader(file.splitlines())
    assert {"Ada@example.org", consent.wording(LETTERS), "/subscribe/"} < set(row.values())
    carer = signed_in("Donor care")
    assert "Ada@example.org" in carer.get("/admin/subscription/").content.decode()
    assert carer.get("/admin/subscription/?export=csv").status_code in (302, 403)
    assert signed_in("Editor").get("/admin/subscription/").status_code in (302, 403)
