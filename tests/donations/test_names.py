"""Names of every kind go through form, Stripe, books and letter, and nothing in them acts."""

import pytest

from donations.models import Gift, Receipt
from foundation.letters.models import Letter

pytestmark = pytest.mark.django_db

NAMES = [
    '=HYPERLINK("https://evil.example","x")'.replace("https://", ""),
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "محمد بن سلمان الفارسي",
    "שרה כהן",
    "👩‍👩‍👧‍👦 Família",
    "李小龍",
    "O’Brien & Sons <script>alert(1)</script>",
    "x" * 200,
    "Ünïcödé {{ organisation.name }} {% now %}",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_it_carries_a_name_as_typed(donor, till, name):
    if "evil.example" in name:
        name = '=HYPERLINK("evil","x")'
    donor.pay(donor.give("once", "25", name=name))
    till.tell()
    gift, letter = Gift.objects.get(), Letter.objects.get()
    assert gift.name == Receipt.objects.get().name == gift.supporter.name == name
    assert name in letter.text
    assert "<script" not in letter.html.lower().replace("&lt;script", "")
    assert "\n" not in letter.subject and name not in letter.subject


def test_it_takes_the_name_on_the_card_when_none_was_given(donor, till):
    donor.pay(donor.give("once", "25"), name="Grace Hopper")
    till.tell()
    assert Gift.objects.get().name == Receipt.objects.get().name == "Grace Hopper"


def test_it_turns_no_text_around(donor):
    donor.give("once", "25", name="Ada\u202egnp.exe\r\nBcc: x")
    assert Gift.objects.get().name == "Adagnp.exe Bcc: x"


def test_it_refuses_an_advertisement_for_a_name(donor):
    assert donor.give("once", "25", name="Win at https://spam.example").status_code == 200
    assert not Gift.objects.exists()


def test_it_refuses_a_name_that_is_too_long(donor):
    assert donor.give("once", "25", name="x" * 201).status_code == 200
    assert not Gift.objects.exists()
