"""Get help in other languages: each says that no speaker has read it, until one has."""

import datetime
import re

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError

from awareness.models import HelpLanguage

LANGUAGES = {"es", "fr", "pt", "ar", "zh-hans", "ru", "uk", "hi", "fil", "vi"}
NOT_CHECKED = "Not yet checked by a speaker"


def screen(html: str, language: str):
    return BeautifulSoup(html, "html.parser").select_one(f"#in-{language}")


def test_it_speaks_ten_languages_besides_its_own(loaded):
    assert set(HelpLanguage.objects.values_list("slug", flat=True)) == LANGUAGES


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_it_has_a_first_screen_in_each_language(read, language):
    html = read("/get-help/")
    link = BeautifulSoup(html, "html.parser").select_one(f'.tongues a[href="#in-{language}"]')
    row = HelpLanguage.objects.get(slug=language)
    assert link.get_text() == row.name
    shown = screen(html, language)
    assert shown["lang"] == language
    assert shown["dir"] == ("rtl" if language == "ar" else "ltr")
    assert len(shown.select("li")) == len(row.sentences) >= 4
    assert shown.select_one('a[href="#countries"]')
    assert shown.select_one("a[data-leave]")["href"] == "/leave/"
    assert NOT_CHECKED in shown.get_text()
    assert row.unchecked in shown.get_text()


def test_it_takes_the_mark_away_once_a_speaker_read_the_text(loaded, client):
    HelpLanguage.objects.filter(slug="ar").update(checked_by="A. Speaker", checked_on=datetime.date(2026, 11, 20))
    html = client.get("/get-help/").content.decode()
    assert NOT_CHECKED not in screen(html, "ar").get_text()
    assert NOT_CHECKED in screen(html, "es").get_text()
    assert "A. Speaker" not in html


def test_it_shows_no_language_that_was_switched_off(loaded, client):
    HelpLanguage.objects.filter(slug="hi").update(published=False)
    html = client.get("/get-help/").content.decode()
    assert screen(html, "hi") is None
    assert "#in-hi" not in html


def test_it_wants_both_the_reader_and_the_day(loaded):
    row = HelpLanguage.objects.get(slug="es")
    row.checked_by = "A. Speaker"
    with pytest.raises(ValidationError, match="or neither"):
        row.full_clean()


def test_it_prints_cards_that_do_not_say_what_they_are_for(read):
    html = read("/get-help/card/")
    cards = BeautifulSoup(html, "html.parser").select(".card")
    assert len(cards) > 30
    for card in cards:
        assert not re.search(r"traffick|slave|exploit|abuse|road out", card.get_text().lower())
        assert not card.select("svg, img")
    american = next(card for card in cards if "United States" in card.get_text())
    assert "1-888-373-7888" in american.get_text()
    assert "911" in american.get_text()
