"""Names of every kind go through form, Stripe, books and letter, and nothing in them acts."""

import pytest

from donations.models import Gift, Receipt, StripeEvent
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
    donor.gave("once", "25", name=name)
    gift, letter = Gift.objects.get(), Letter.objects.get()
    assert gift.name == Receipt.objects.get().name == gift.supporter.name == name
    assert name in letter.text
    assert "<script" not in letter.html.lower().replace("&lt;script", "")
    assert "\n" not in letter.subject and name not in letter.subject


@pytest.mark.both
def test_it_takes_the_name_on_the_card_when_none_was_given(donor, till):
    donor.pay(donor.give("once", "25"), name="Grace Hopper")
    till.tell()
    assert Gift.objects.get().name == Receipt.objects.get().name == "Grace Hopper"


@pytest.mark.both
def test_it_turns_no_text_around(donor):
    donor.give("once", "25", name="Ada\u202egnp.exe\r\nBcc: x")
    assert Gift.objects.get().name == "Adagnp.exe Bcc: x"


def test_it_refuses_an_advertisement_for_a_name(donor):
    assert donor.give("once", "25", name="Win at https://spam.example").status_code == 200
    assert not Gift.objects.exists()


@pytest.mark.both
def test_it_refuses_a_name_that_is_too_long(donor):
    assert donor.give("once", "25", name="x" * 201).status_code == 200
    assert not Gift.objects.exists()


CARDS = ["4242 4242 4242 4242", "4242-4242-4242-4242", "４２４２４２４２４２４２４２４２", "4242424242424242 12/34"]


@pytest.mark.parametrize(
    "field", ["name", "company", "email", "other", "tribute_name", "card_to", "card_from", "card_message"]
)
def test_it_refuses_the_number_of_a_card_in_every_field_and_keeps_nothing(donor, field):
    for card in CARDS:
        typed = f"{card}@example.org" if field in ("email", "card_to") else card
        page = donor.give("once", "25", **{"tribute": "honour", field: typed})
        text = page.content.decode()
        assert page.status_code == 200 and "looks like the number of a card" in text
        assert card not in text and not Gift.objects.exists()


def test_it_masks_the_number_of_a_card_that_stripe_tells_as_a_name(donor, till):
    donor.pay(donor.give("once", "25"), name="5555 5555 5555 4444")
    till.tell()
    gift, letter = Gift.objects.get(), Letter.objects.get()
    assert gift.name == Receipt.objects.get().name == gift.supporter.name == "•••• 4444"
    kept = [gift.name, letter.text, letter.html, *StripeEvent.objects.values_list("payload", flat=True)]
    assert not any("5555 5555" in text for text in kept) and "•••• 4444" in letter.text


FIRMS = ["Booking.com", "Smith & Co.com Ltd", "J.Top", "Dr.Io Rossi", "St.Net", "Amazon.de", "Sons / Daughters Ltd"]


@pytest.mark.parametrize("name", FIRMS)
def test_it_takes_the_name_of_a_firm(donor, name):
    donor.give("once", "25", name=name)
    assert Gift.objects.get().name == name


@pytest.mark.parametrize("name", ["evil.de/path", "see evil.de/", "evil.de:8080/x", "evil.de?x=1", "www.evil.de"])
def test_it_refuses_a_link_for_a_name(donor, name):
    assert donor.give("once", "25", name=name).status_code == 200
    assert not Gift.objects.exists()
