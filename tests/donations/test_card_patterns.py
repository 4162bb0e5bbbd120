"""Stolen cards tried from one network, by one sum, or with cards that are good: who is seen, and asked for more."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from donations.card_testing import breaker, tries
from donations.giving import gifts
from donations.models import Breaker, CardTry, Gift, Opening
from tests.donations.donor import Donor
from tests.donations.test_card_testing import DECLINED, begin, gift_request, refuse

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def spread(count: int, amount: int = 2500) -> None:
    """So many unpaid gifts, each from an address of its own in one network."""
    for number in range(count):
        gifts.begin(gift_request(f"spread{number}@donor.example", amount), f"192.0.2.{200 - number}")


@pytest.mark.parametrize(("amount", "most"), [(2500, 30), (500, 9)])
def test_it_asks_the_addresses_of_one_network_for_a_proof_and_opens_the_breaker_for_nobody(stranger, amount, most):
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        spread(most - 1, amount)
        codes = [stranger().give("once", str(amount // 100), email=f"d{n}@donor.example").status_code for n in range(3)]
        assert codes == [303, 403, 403] and not breaker.is_open()
        elsewhere = Donor(Client(REMOTE_ADDR="203.0.113.9"), stranger().till)
        assert elsewhere.give("once", "25").status_code == 303


@pytest.mark.both
def test_it_keeps_no_network_and_counts_it_as_one_sender(stranger, monkeypatch):
    monkeypatch.setitem(gifts.LIMITS, "network", (2, 3600))
    codes = [stranger().give("once", "25", email=f"d{number}@donor.example").status_code for number in range(3)]
    assert codes == [303, 303, 429]
    kept = set(Opening.objects.values_list("network", flat=True))
    assert len(kept) == 1 and kept == {tries.places("192.0.2.77")[1]} and "192" not in next(iter(kept))[:3]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:1::/64", "2001:db8:1:ffff::/64", True),
        ("2001:db8:1::/64", "2001:db8:2::/64", False),
    ],
)
def test_it_takes_addresses_for_one_network(one, other, same):
    assert (tries.places(one)[1] == tries.places(other)[1]) is same


def test_it_asks_for_a_proof_where_one_small_sum_comes_again_and_again(stranger):
    """One that is on no ladder: those of the ladder are chosen by many. From everywhere it opens the breaker."""
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        spread(9, 1234)
        asked = [stranger().give("once", sum_, email=f"d{n}@donor.example") for n, sum_ in enumerate(["12.34"] * 2)]
        assert [each.status_code for each in asked] == [303, 403] and not breaker.is_open()
        assert stranger().give("once", "35", email="ladder@donor.example").status_code == 303
        begin(10, amount=1234)
        elsewhere = Donor(Client(REMOTE_ADDR="203.0.113.9"), stranger().till)
        assert elsewhere.give("once", "12.34").status_code == 403
    assert Breaker.objects.get().reason == Breaker.Reason.SAME


def good_cards(count: int, address: str, email: str = "", amount: int = 2500) -> list[str]:
    """Gifts that were paid, each by a card of its own."""
    references = []
    for number in range(count):
        request = gift_request(email or f"good{number}@donor.example", amount)
        gift = gifts.begin(request, address, vouched=True)
        Gift.objects.filter(pk=gift.pk).update(status=Gift.Status.PAID, paid_at=timezone.now())
        CardTry.objects.create(charge_id=gift.reference, gift=gift, card=str(number), declined=False, at=timezone.now())
        references.append(gift.reference)
    return references


def test_it_believes_nobody_for_many_good_cards_of_one_browser_or_one_mailbox(stranger):
    known = good_cards(tries.ANY_CARDS - 1, "10.1.0.1", email="ada+1@workspace.example")
    assert not tries.is_doubtful("ada@workspace.example") and not tries.is_doubtful("new@donor.example", known)
    known += good_cards(tries.ANY_CARDS, "10.1.0.1", email="ada+2@workspace.example")[-1:]
    assert tries.is_doubtful("ada@workspace.example") and tries.is_doubtful("new@donor.example", known)
    assert not tries.is_doubtful("other@workspace.example")
    assert stranger().give("once", "25", email="ada+3@workspace.example").status_code == 403
    assert not breaker.is_open()


def test_it_believes_no_place_for_many_good_cards_on_the_smallest_gifts(stranger):
    """Larger ones go on, and so does the rest of the world: a hall may be there as well."""
    good_cards(tries.SMALL_CARDS_AN_ADDRESS, "192.0.2.200", amount=500)
    for amount, code in (("5", 403), ("35", 303)):
        assert stranger().give("once", amount, email=f"d{amount}@donor.example").status_code == code
    assert not tries.are_small_ones_tried("203.0.113.9", "USD", 500)
    assert not tries.are_small_ones_tried("192.0.2.7", "EUR", 500)


def test_it_refuses_a_network_whose_addresses_try_card_after_card():
    """Two from each of ten addresses: none of them alone has too many."""
    for number in range(10):
        gift = gifts.begin(gift_request(f"{number}@donor.example"), f"192.0.2.{number}", vouched=True)
        for card in (f"{number}a", f"{number}b"):
            assert not tries.too_many_cards("192.0.2.99")
            CardTry.objects.create(charge_id=card, gift=gift, card=card, declined=True, at=timezone.now())
    assert tries.too_many_cards("192.0.2.99") and not tries.too_many_cards("198.51.100.1")


def test_it_takes_the_mailbox_behind_a_plus_for_one_that_was_tried(stranger, till):
    page = stranger().give("once", "25", email="ada+1@workspace.example")["Location"]
    refuse(till, page, *DECLINED)
    till.tell()
    assert stranger().give("once", "33", email="ada+2@workspace.example").status_code == 403
