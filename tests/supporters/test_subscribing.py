"""Letters by e-mail: nothing comes before the owner of the address pressed the mailed link's button."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.letters.models import Letter
from supporters import consent, subscribing
from supporters.models import Asking, ConsentEvent, Supporter

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
    return re.search(r"/subscribe/confirm/[^/\s]+/", letter.text)[0]


def test_it_sends_nothing_before_the_button_is_pressed(client, asked):
    assert client.get(asked).status_code == 200
    assert not Supporter.objects.exists()
    for _ in range(2):
        assert client.post(asked).status_code == 302
    supporter = Supporter.objects.get()
    assert consent.has(supporter, LETTERS)
    assert ConsentEvent.objects.get().method == ConsentEvent.Method.CONFIRMED
    assert "Our letters will come" in client.get(asked).content.decode()


def test_it_says_that_a_wrong_link_has_ended(client):
    assert client.get("/subscribe/confirm/nothing/").status_code == 410


def test_it_forgets_after_three_weeks_who_never_confirmed(asked):
    Asking.objects.update(asked_at=timezone.now() - timedelta(days=22))
    subscribing.forget()
    assert not Asking.objects.exists()


def test_it_wants_the_box_ticked(client):
    opened = client.get("/subscribe/").context["form"].initial["opened"]
    answer = client.post("/subscribe/", {"email": "a@example.org", "spare": "", "opened": opened})
    assert "Please tick the box" in answer.content.decode()
    assert not Letter.objects.exists()
