"""What I hear from you, on My page: each kind of letter, yes or no, with the words that were agreed to, and when."""

import pytest
import time_machine
from django.utils.html import escape

from supporters import consent
from supporters.models import ConsentEvent
from supporters.supporters import get_or_create_supporter
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LETTERS, REMINDERS = ConsentEvent.Purpose.LETTERS, ConsentEvent.Purpose.REMINDERS


def test_it_keeps_the_words_that_were_agreed_to_though_ours_are_others_by_now() -> None:
    ada = get_or_create_supporter("ada@example.org", "Ada")
    with time_machine.travel("2026-03-05T12:00:00Z"):
        consent.record(ada, LETTERS, True, "Write to me twice a year about your work.", "/give/")
    page = come_in("ada@example.org").get("/my/").content.decode()
    assert "Letters by e-mail: yes" in page
    assert "You agreed on 5 March 2026 to these words: “Write to me twice a year about your work.”" in page
    assert "You have said nothing about it yet." in page, "of the yearly reminder, which comes until somebody says no"


def test_it_takes_a_yes_and_a_no_and_says_to_which_words() -> None:
    get_or_create_supporter("ada@example.org", "Ada")
    mine = come_in("ada@example.org")
    words = str(escape(consent.wording(LETTERS)))
    assert f"By pressing the button you agree: “{words}”" in mine.get("/my/").content.decode()
    assert mine.post("/my/letters/", {"purpose": LETTERS, "wanted": "yes"}).status_code == 302
    page = mine.get("/my/").content.decode()
    assert "Letters by e-mail: yes" in page and f"to these words: “{words}”" in page
    assert mine.post("/my/letters/", {"purpose": LETTERS, "wanted": "no"}).status_code == 302
    page = mine.get("/my/").content.decode()
    assert "Letters by e-mail: no" in page and "You said no on" in page
    assert list(ConsentEvent.objects.order_by("id").values_list("given", flat=True)) == [True, False]
