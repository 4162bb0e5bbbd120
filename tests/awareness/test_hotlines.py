"""Get help: only what was published, nothing that was not checked is said to be, and no trace."""

import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from awareness import hotlines
from awareness.models import HelpPage, Hotline
from foundation.organisation import countries
from tests.awareness.conftest import main_of


def rows_of(html: str, country: str) -> str:
    """What the list of all countries says of one."""
    listed = html[html.index('id="all"') :]
    return next(part for part in listed.split("<div><h3>") if part.startswith(country))


def test_it_shows_published_lines_and_no_others(read):
    html = read("/get-help/")
    for line in Hotline.objects.all():
        for number in line.numbers:
            if line.published:
                assert number.text in html
            elif len(number.text) > 5:
                assert f">{number.text}<" not in html, line


def test_it_shows_the_emergency_number_where_no_line_is_published(read):
    irish = rows_of(read("/get-help/"), "Ireland")
    assert "1800 666 111" not in irish
    assert 'href="tel:112"' in irish


def test_it_ships_every_line_unchecked_and_apologises_to_no_reader(loaded, read):
    assert not Hotline.objects.exclude(checked_on=None, checked_by="").exists()
    assert not Hotline.objects.exclude(sms="").exists()
    assert "not called" not in rows_of(read("/get-help/"), "United Kingdom")  # that is a list for staff


def test_it_says_in_a_demonstration_that_the_numbers_are_real(read):
    """And on no other page, where it would only confuse."""
    told = {address: "real all the same" in read(address) for address in ("/get-help/", "/")}
    assert told == {"/get-help/": True, "/": False}


def test_it_says_when_a_line_was_checked(loaded, client):
    Hotline.objects.filter(country="GB").update(checked_on=datetime.date(2026, 11, 20), checked_by="A. Person")
    british = rows_of(client.get("/get-help/").content.decode(), "United Kingdom")
    assert "Checked 20 November 2026" in british
    assert "A. Person" not in british


def test_it_never_shows_staff_notes(read):
    html = read("/get-help/") + read("/")
    for line in Hotline.objects.exclude(staff_notes=""):
        assert line.staff_notes not in html
    for part in ("233733", "fraid.org", "Lifeboat", ">116 016<", "0840 212 212", "0800 200 008", "Mark V"):
        assert part not in html


def test_it_says_what_kind_of_line_it_is(read, loaded):
    html = read("/get-help/")
    assert "Support" in rows_of(html, "United Kingdom")
    Hotline.objects.filter(country="AU").update(published=True)
    assert "Police" in rows_of(read("/get-help/"), "Australia")


def test_it_lets_the_reader_choose_the_country_on_the_page_itself(read):
    """No country stands in an address that a server could write down, and none is guessed."""
    html = read("/get-help/")
    assert "<form" not in html
    for country in hotlines.by_country():
        anchor = f"country-{country.code.lower()}"
        assert f'href="#{anchor}"' in html
        assert html.count(f'id="{anchor}"') == 1


def test_it_is_kept_by_no_cache_and_tells_nobody_where_one_came_from(loaded):
    for address in ("/get-help/", "/get-help/?country=GB"):
        response = Client().get(address)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies


def test_it_has_a_title_that_may_stand_in_any_history(read):
    title = re.search(r"<title>(.*?)</title>", read("/get-help/"), flags=re.DOTALL).group(1).lower()
    for word in ("traffick", "slave", "abuse", "victim", "escape", "exploit"):
        assert word not in title


def test_it_has_the_place_that_other_pages_lead_to(read):
    html = read("/get-help/")
    assert 'id="staying-safe"' in html
    assert "history still shows" in main_of(html)


def test_it_weighs_less_than_fifty_kilobytes(client, loaded):
    assert len(client.get("/get-help/").content) < 50_000


def test_it_puts_the_home_line_on_every_page_from_the_data(read, loaded):
    assert 'href="tel:+18883737888"' in read("/")
    Hotline.objects.filter(country="US").update(published=False)
    html = read("/")
    assert "8883737888" not in html
    assert "/get-help/" in html


def test_it_calls_countries_by_their_names_in_the_language_of_the_page():
    assert countries.names()["EU"] == "European Union"
    with translation.override("es"):
        assert countries.names()["DE"] == "Alemania"


def test_it_dials_what_it_prints():
    assert hotlines.dial("1-888-373-7888", "US").url == "tel:+18883737888"
    assert hotlines.dial("08000 121 700", "GB").url == "tel:08000121700"
    assert hotlines.dial("+45 70 20 25 50", "DK").url == "tel:+4570202550"


@pytest.mark.django_db
def test_it_publishes_no_row_without_a_way_to_reach_it():
    line = Hotline(slug="x", country="AT", name="Nobody", kind="support", published=True)
    with pytest.raises(ValidationError, match="cannot be published"):
        line.full_clean()
    line.phones = "call me"
    with pytest.raises(ValidationError, match="no phone number"):
        line.full_clean()


@pytest.mark.django_db
def test_it_wants_a_date_and_a_name_for_a_check():
    line = Hotline(slug="x", country="AT", name="Line", kind="support", phones="123", checked_on=datetime.date.today())
    with pytest.raises(ValidationError, match="neither"):
        line.full_clean()


def test_it_never_shows_a_number_of_a_row_with_a_doubtful_mark(loaded):
    assert not Hotline.objects.published().filter(staff_notes__contains="Mark X").exists()


def test_it_takes_editors_words_for_the_page(loaded, client):
    page = HelpPage.objects.get(locale__language_code="en")
    page.intro = "<p>Other words. <b>First.</b></p>"
    page.save_revision().publish()
    assert "<p>Other words. <b>First.</b></p>" in client.get("/get-help/").content.decode()
