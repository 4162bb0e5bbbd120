"""Who a person is to us: one row a mailbox, and what anybody may change about it."""

import pytest
import time_machine
from django.core.exceptions import ValidationError

from foundation.organisation import countries
from supporters import mailbox, names, supporters
from supporters.models import Supporter

db = pytest.mark.django_db


@db
def test_it_meets_somebody_new_and_knows_them_again() -> None:
    met = supporters.get_or_create_supporter("Ada+gifts@Gmail.com", "Ada", "GB")
    assert (met.email, met.canonical) == ("Ada+gifts@Gmail.com", "ada@gmail.com")
    assert supporters.get_or_create_supporter("a.da@googlemail.com") == met
    assert Supporter.objects.count() == 1


@db
def test_it_lets_nobody_rename_somebody_by_typing_their_address() -> None:
    supporters.get_or_create_supporter("ada@example.org", "Ada", verified=True)
    again = supporters.get_or_create_supporter("ADA@example.org", "Mallory", "FR")
    assert (again.name, again.email) == ("Ada", "ada@example.org")
    assert again.country == "FR"  # a gap is filled


@db
def test_it_takes_the_word_of_somebody_who_proved_the_address() -> None:
    supporters.get_or_create_supporter("ada@gmail.com", "A.", "FR")
    again = supporters.get_or_create_supporter("a.da@gmail.com", "Ada Example", "", verified=True)
    assert (again.name, again.email, again.country) == ("Ada Example", "a.da@gmail.com", "FR")
    assert Supporter.objects.get().name == "Ada Example"


@db
def test_it_writes_three_letters_a_day_to_all_spellings_together() -> None:
    typed = ["ada@gmail.com", "a.da@gmail.com", "ada+1@googlemail.com", "ADA@gmail.com", "ada@gmail.com"]
    assert [mailbox.may_write(email) for email in typed] == [True, True, True, False, False]
    assert mailbox.may_write("ada@example.org")


@db
def test_it_writes_no_more_than_three_in_any_24_hours_however_often_somebody_asks() -> None:
    day, step = 24 * 3600, 1200
    with time_machine.travel(0, tick=False) as clock:
        written = []
        for moment in range(0, 3 * day, step):
            clock.move_to(moment)
            written += [moment] * mailbox.may_write("ada@example.org")
    assert len(written) >= 5  # a new one each day: nobody is shut out for ever
    for start in written:
        assert len([moment for moment in written if start <= moment < start + day]) <= 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Ada\u202eLovelace", "AdaLovelace"),
        ("Ada\r\nBcc: x\x07", "Ada Bcc: x"),
        ("A\u0308da", "Äda"),
        ("👩🏽‍🚒", "👩🏽‍🚒"),
        ("=HYPERLINK(A1)", "=HYPERLINK(A1)"),
        ("نمی‌دانم", "نمی‌دانم"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("Z" + "\u0335" * 150 + "oe", "Z" + "\u0335" * 8 + "oe"),
        ("ཀྵྨླྀ", "ཀྵྨླྀ"),
        ("\u3164Ada", "\u3164Ada"),
        ("7", "7"),
        ("", ""),
        ("   ", ""),
        ("Mary St.John", "Mary St.John"),
    ],
)
def test_it_keeps_a_name_as_it_was_typed_on_one_line(typed: str, kept: str) -> None:
    assert names.clean(typed) == kept


@pytest.mark.parametrize("typed", ["http://x.y", "see WWW.x", "cheap.com", 'x=HYPERLINK("http://evil")'])
def test_it_takes_no_advertisement_for_a_name(typed: str) -> None:
    with pytest.raises(ValidationError):
        names.clean(typed)


def test_it_lets_a_firm_be_called_by_its_site_where_nobody_else_reads_it() -> None:
    assert names.clean("Cheap\u202e.com Ltd", sites=True) == "Cheap.com Ltd"


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("Ada Lovelace", "Ada"),
        ("  ada  ", "ada"),
        ("Anne-Marie O’Neil", "Anne-Marie"),
        ("D'Arcy Wentworth", "D'Arcy"),
        ("नीता शर्मा", "नीता"),
        ("Dr. Ada Lovelace", "Dr. Ada Lovelace"),
        ("Mrs Lovelace", "Mrs Lovelace"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("Ada & Charles Lovelace", "Ada & Charles Lovelace"),
        ("Ada y Carlos", "Ada y Carlos"),
        ("The Lantern Co.", "The Lantern Co"),
        ("山田 太郎", "山田 太郎"),
        ("", ""),
        ("7", ""),
        ("cheap.com", ""),
        ("=HYPERLINK(1)", ""),
        ("<b>Ada</b>", ""),
        ("👩🏽‍🚒", ""),
        ("\u202e", ""),
        ("Maximiliana " * 8, ""),
    ],
)
def test_it_calls_somebody_by_their_first_name_where_that_is_one(typed: str, called: str) -> None:
    assert names.greeting(typed) == called


UNSEEN = ["\u3164", "\ufff9", "\U000e0041", "\u200b\u2800", "\u202e", "\u0301", "\xad \u115f", "\x07"]


@pytest.mark.parametrize("typed", UNSEEN)
def test_it_takes_no_name_of_which_nothing_can_be_seen(typed: str) -> None:
    with pytest.raises(ValidationError):
        names.clean(typed)


def test_it_offers_countries_in_the_order_of_their_names() -> None:
    offered = countries.choices("en")
    shown = [name for _, name in offered]
    assert shown.index("Åland Islands") < shown.index("Albania")  # not behind Zimbabwe
    codes = {code for code, _ in offered}
    assert {"GB", "US", "JP", "XK"} <= codes
    assert not codes & {"EU", "UN", "ZZ", "QO"}
    assert all(len(code) == 2 for code in codes)
    assert countries.name("DE", "de") == "Deutschland"
    assert countries.name("??") == "??"
    assert countries.choices("xx-nowhere") == offered
