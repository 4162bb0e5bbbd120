"""Stolen cards: who is counted, who must prove work, who is refused, and who notices nothing of it."""

import html
import re
import time
from datetime import timedelta
from itertools import islice

import pytest
import time_machine
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from donations.card_testing import breaker, tries
from donations.giving import checkout, gifts, step_up
from donations.models import Breaker, Campaign, CardTry, Gift, Opening, Receipt
from donations.stripe import client, reads
from foundation.access import proof_of_work
from foundation.access.models import TokenBucket
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from staff.models import User
from tests.donations.appeal import make
from tests.donations.donor import Donor
from tests.foundation.crowd import together
from tests.narrowing import not_none
from tests.stripe_sandbox.driver import Declined

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DECLINED = ["4000000000000002", "4000000000009995", "4000000000009987", "4000000000009979", "4000000000004954"]


def pages() -> int:
    return len(client.request(client.v1().checkout.sessions.list, {"limit": 100})["data"])


def challenge(answer) -> str:
    return html.unescape(re.search(r'data-challenge="([^"]*)"', answer.content.decode()).group(1))


def refuse(till, page: str, *cards: str) -> None:
    for card in cards:
        with pytest.raises(Declined):
            till.pay(page, card)


def again(answer) -> dict[str, str]:
    """What the step-up page would send once more."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.content.decode())
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def letter_to(address: str) -> str:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        run_due()
    return next(str(each.body) for each in reversed(mail.outbox) if each.to == [address])


@pytest.fixture
def tripped(donor, monkeypatch):
    """Proofs that take a hundredth of the work: that a browser does all of it, test_step_up.py of the stories shows."""
    monkeypatch.setattr(proof_of_work, "COST", proof_of_work.COST // 100)
    breaker.trip(Breaker.Reason.DECLINES)


def test_it_asks_nobody_for_proof_on_a_quiet_day(stranger):
    for number in range(5):
        assert stranger().give("once", "25", email=f"d{number}@donor.example").status_code == 303
    assert not Breaker.objects.exists()


@pytest.mark.both
def test_it_opens_the_breaker_when_stripe_tells_of_ten_refused_cards(stranger, till):
    for number in range(5):
        page = stranger().give("once", "25", email=f"d{number}@donor.example")["Location"]
        refuse(till, page, DECLINED[number], DECLINED[number])
        till.tell()
        assert breaker.is_open() is (number == 4)
    assert CardTry.objects.filter(declined=True).count() == 10
    assert stranger().give("once", "25", email="new@donor.example").status_code == 403
    assert pages() == 5


@pytest.mark.both
def test_it_opens_the_breaker_for_nobody_where_one_donor_tries_one_card_again_and_again(stranger, till):
    page = stranger().give("once", "25")["Location"]
    refuse(till, page, *DECLINED[:1] * 12)
    till.tell()
    assert CardTry.objects.filter(declined=True).count() == 12 and not breaker.is_open()


def test_it_does_not_believe_a_clock_that_was_days_ahead_and_was_put_right(charity):
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=3)):
        breaker.trip(Breaker.Reason.BEGUN)
        assert breaker.is_open()
    assert not breaker.is_open()
    breaker.trip(Breaker.Reason.DECLINES)
    row = Breaker.objects.get()
    assert breaker.is_open() and (row.trips, row.reason) == (2, Breaker.Reason.DECLINES)
    with time_machine.travel(timezone.now() + breaker.OPEN_FOR + timedelta(seconds=1)):
        assert not breaker.is_open()


def test_it_leaves_the_breaker_shut_while_most_cards_are_good(stranger, till):
    page = stranger().give("once", "25")["Location"]
    refuse(till, page, DECLINED[0])
    till.pay(page)
    till.tell()
    rows, gift = CardTry.objects.all(), Gift.objects.get()
    assert (rows.filter(declined=True).count(), rows.count()) == (1, 2)
    cards = iter(range(100))

    def tried(count: int, declined: bool) -> None:
        more = {"gift": gift, "declined": declined, "at": timezone.now()}
        CardTry.objects.bulk_create(CardTry(charge_id=card, card=card, **more) for card in islice(cards, count))
        breaker.trip_if_due()

    tried(21, declined=False)
    tried(10, declined=True)
    assert not breaker.is_open(), "11 of 33"
    tried(11, declined=True)
    assert breaker.is_open(), "22 of 44"


def test_it_tells_staff_once_each_time(donor):
    User.objects.create_superuser("boss@charity.example")
    for _ in range(3):
        breaker.trip(Breaker.Reason.DECLINES)
    assert Letter.objects.filter(key__startswith="card-testing:").count() == 1
    with time_machine.travel(timezone.now() + breaker.OPEN_FOR + timedelta(seconds=1)):
        assert not breaker.is_open()
        breaker.trip(Breaker.Reason.BEGUN)
        assert Letter.objects.filter(key__startswith="card-testing:").count() == 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_opens_once_for_a_crowd(charity):
    User.objects.create_superuser("boss@charity.example")
    together(20, lambda _number: breaker.trip(Breaker.Reason.BEGUN))
    assert Breaker.objects.get().trips == Letter.objects.filter(key__startswith="card-testing:").count() == 1


def test_it_goes_on_after_a_proof_of_work_with_all_that_was_typed(stranger, tripped):
    donor = stranger()
    asked = donor.give("once", "42.50", email="new@donor.example", name="Zoë", company="Zoë & Co")
    assert asked.status_code == 403 and not Gift.objects.exists()
    titles = re.findall(r"<(?:title|h1)>([^<]+)", asked.content.decode())
    assert len(titles) == 2 and titles[0].startswith(titles[1])  # a reader of the tab finds the page that it names
    answer = donor.send({**again(asked), "proof": proof_of_work.solve(challenge(asked))})
    assert answer.status_code == 303 and "/c/pay/" in answer["Location"]
    gift = Gift.objects.get()
    assert (gift.amount, gift.email, gift.name, gift.company) == (4250, "new@donor.example", "Zoë", "Zoë & Co")
    assert Breaker.objects.get().asked == Breaker.objects.get().proved == 1


def test_it_takes_a_proof_once_and_for_one_form(stranger, tripped):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example")
    solved = proof_of_work.solve(challenge(asked))
    assert donor.send({**again(asked), "proof": solved}).status_code == 303
    assert donor.send({**again(asked), "proof": solved}).status_code == 303, "the same gift, once more"
    assert donor.send({**again(asked), "proof": solved, "other": "26"}).status_code == 403
    assert donor.send({**donor.wish("once", "27"), "proof": solved}).status_code == 403
    assert pages() == 1


@pytest.mark.parametrize("wrong", ["", "x", "e30=", "bnVsbA==", "W10=", "A" * 5000])
def test_it_takes_no_made_up_proof(stranger, tripped, wrong):
    donor = stranger()
    asked = donor.give("once", "25")
    assert donor.send({**again(asked), "proof": wrong}).status_code == 403 and pages() == 0


def test_it_takes_no_proof_after_its_time(charity):
    solved = proof_of_work.solve(proof_of_work.challenge("one"))
    with time_machine.travel(time.time() + proof_of_work.LIFE + 5):
        assert not proof_of_work.accept(solved, "one")
    assert not proof_of_work.accept(solved, "two")
    assert proof_of_work.accept(solved, "one") and not proof_of_work.accept(solved, "one")


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_spends_a_proof_once_when_twenty_send_it_at_once(charity):
    solved = proof_of_work.solve(proof_of_work.challenge("one"))
    assert together(20, lambda _number: proof_of_work.accept(solved, "one")).count(True) == 1


def test_it_mails_a_link_to_who_has_no_script(stranger, tripped, till):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example", name="Zoë", company="Zoë & Co")
    for _ in range(2):  # a double click
        answer = donor.send({**again(asked), "step": "mail"})
        assert (answer.status_code, answer["Location"]) == (303, "/give/finish/")
    assert pages() == 0 and Letter.objects.filter(key__startswith="finish-gift:").count() == 1
    link = re.search(r"/give/finish/[\w-]+/", letter_to("new@donor.example")).group()
    elsewhere = Client()
    for _ in range(3):  # a mail scanner looks at it
        assert elsewhere.get(link).status_code == 200
    pressed = elsewhere.post(link, {"opened": elsewhere.get(link).context["opened"]})  # or presses, at once
    assert pressed.status_code == 200 and "press once more" in pressed.content.decode()
    assert pages() == 0
    first, second = elsewhere.post(link), elsewhere.post(link)
    assert first.status_code == second.status_code == 303 and first["Location"] == second["Location"]
    assert pages() == 1
    till.pay(first["Location"])
    till.tell()
    assert Gift.objects.get().is_paid and elsewhere.get(link).status_code == 404
    assert Receipt.objects.get().name == "Zoë & Co" and "Dear Zoë," in letter_to("new@donor.example")


def test_it_mails_no_address_of_a_site_to_who_has_proved_nothing(stranger, tripped):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example", name="Evil.com")
    donor.send({**again(asked), "step": "mail"})
    assert "Evil.com" not in letter_to("new@donor.example")


def test_it_makes_no_page_for_a_gift_that_waits_for_its_link(stranger, tripped):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example")
    donor.send({**again(asked), "step": "mail"})
    assert donor.send(again(asked)).status_code == 403 and pages() == 0
    asked = donor.send(again(asked))
    assert donor.send({**again(asked), "proof": proof_of_work.solve(challenge(asked))}).status_code == 303


def test_it_lets_a_hall_of_two_hundred_give_through_one_connection():
    for number in range(200):
        gifts.begin(gift_request(f"hall{number}@donor.example"), "192.0.2.7", vouched=True)
    assert Gift.objects.count() == 200


def test_it_lets_a_hall_give_where_some_honest_cards_are_refused():
    """Ten refused of many that pass are a hall; ten refused of few are a thief."""
    hall, thief = "192.0.2.7", "192.0.2.8"
    for block, good in ((hall, 30), (thief, 5)):
        gift = gifts.begin(gift_request(f"{good}@donor.example"), block, vouched=True)
        for number in range(good + 10):
            card = f"{block}-{number}"
            CardTry.objects.create(charge_id=card, gift=gift, card=card, declined=number < 10, at=timezone.now())
    assert not tries.too_many_cards(hall)
    assert tries.too_many_cards(thief)


def test_it_takes_a_mailbox_for_one_whatever_stands_behind_a_plus():
    """At any host: else each plus is a letter more to somebody who did not ask for it."""
    for number in range(12):
        gifts.begin(gift_request(f"victim+{number}@workspace.example"), f"192.0.2.{number}", vouched=True)
    with pytest.raises(gifts.TooOftenError):
        gifts.begin(gift_request("victim+12@workspace.example"), "192.0.2.99", vouched=True)
    assert gifts.begin(gift_request("other@workspace.example"), "192.0.2.99", vouched=True)


def gift_request(email: str, amount: int = 2500) -> gifts.GiftRequest:
    return gifts.GiftRequest(gifts.new_attempt(), "once", "USD", amount, 0, email, "")


@pytest.mark.parametrize("here", ["LETTERS_AN_ADDRESS", "LETTERS_A_NETWORK"])
def test_it_buries_nobody_in_letters(stranger, tripped, monkeypatch, here):
    """One address, or addresses beside each other: as many letters as a full hall may need, and no more."""
    assert getattr(step_up, here)[0] >= 300
    monkeypatch.setattr(step_up, here, (3, 3600))
    one, codes = stranger(), []
    for number in range(4):
        donor = one if here == "LETTERS_AN_ADDRESS" else stranger()
        asked = donor.give("once", "25", email=f"victim{number}@donor.example")
        codes.append(donor.send({**again(asked), "step": "mail"}).status_code)
    assert codes == [303] * 3 + [429]


def test_it_buries_no_mailbox_in_letters_that_are_asked_for_from_everywhere(stranger, tripped):
    codes = []
    for number in range(7):
        donor = stranger()
        asked = donor.give("once", "25", email=f"victim+{number}@workspace.example")
        codes.append(donor.send({**again(asked), "step": "mail"}).status_code)
    assert codes == [303] * 6 + [429]


@pytest.mark.parametrize("path", ["unknown", "x" * 300])
def test_it_opens_nothing_by_a_made_up_link(donor, path):
    assert donor.client.get(f"/give/finish/{path}/").status_code == 404


def test_it_does_not_slow_a_browser_that_has_given(stranger, till):
    donor = stranger()
    donor.gave("once", "25")
    breaker.trip(Breaker.Reason.DECLINES)
    donor.client.defaults["REMOTE_ADDR"] = "198.51.100.9"  # a telephone changes its address
    assert donor.give("once", "30").status_code == 303


def test_it_does_not_slow_an_address_from_where_was_given(stranger, till):
    donor = stranger()
    donor.gave("once", "25")
    breaker.trip(Breaker.Reason.DECLINES)
    neighbour = Donor(Client(REMOTE_ADDR=donor.client.defaults["REMOTE_ADDR"]), till)
    assert neighbour.give("once", "25", email="neighbour@donor.example").status_code == 303


def test_it_believes_a_paid_gift_for_six_gifts_an_hour_only(stranger, till):
    donor = stranger()
    donor.gave("once", "25")
    breaker.trip(Breaker.Reason.DECLINES)
    codes = []
    for number in range(7):
        donor.client.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"  # a stolen cookie sent by many robots
        codes.append(donor.give("once", str(31 + number), email=f"r{number}@donor.example").status_code)
    assert codes[:5] == [303] * 5 and codes[-1] == 403


def test_it_does_not_believe_a_paid_gift_where_three_cards_were_refused(stranger, till):
    donor = stranger()
    page = donor.give("once", "25")["Location"]
    refuse(till, page, *DECLINED[:3])
    till.pay(page)
    till.tell()
    breaker.trip(Breaker.Reason.DECLINES)
    assert Gift.objects.get().is_paid and donor.give("once", "30").status_code == 403


def test_it_closes_the_page_and_waits_an_hour_after_five_refused_cards(stranger, till):
    donor = stranger()
    page = donor.give("once", "25", email="thief@gmail.com")["Location"]
    refuse(till, page, *DECLINED)
    till.tell()
    assert reads.checkout_session(not_none(Gift.objects.get().session_id)).status == "expired"
    refused = donor.give("once", "34", email="other@donor.example")
    assert refused.status_code == 429 and refused["Retry-After"] == "3600"
    assert "wait an hour" in refused.content.decode() and 'value="34"' in refused.content.decode()
    assert stranger().give("once", "35", email="other@donor.example").status_code == 303
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=True):
        assert donor.give("once", "34", email="thief@gmail.com").status_code == 303


def test_it_refuses_nobody_for_cards_that_another_tried_under_their_address(stranger, till):
    page = stranger().give("once", "25", email="ada@gmail.com")["Location"]
    refuse(till, page, *DECLINED)
    till.tell()
    ada = stranger()
    asked = ada.give("once", "33", email="a.da+gifts@googlemail.com")
    assert asked.status_code == 403 and "refused" not in asked.content.decode()
    assert ada.send({**again(asked), "proof": proof_of_work.solve(challenge(asked))}).status_code == 303
    assert stranger().give("once", "33", email="ada@donor.example").status_code == 303


@pytest.mark.both
def test_it_counts_the_same_card_once_and_keeps_no_fingerprint(stranger, till):
    page = stranger().give("once", "25")["Location"]
    refuse(till, page, *DECLINED[:1] * 6)
    till.tell()
    till.tell()
    assert (
        CardTry.objects.count() == 6
        and reads.checkout_session(not_none(Gift.objects.get().session_id)).status == "open"
    )
    told = [charge["payment_method_details"]["card"]["fingerprint"] for charge in till.objects("charge")]
    assert not CardTry.objects.filter(card__in=told).exists()


def test_it_does_not_count_a_renewal(stranger, till):
    donor = stranger()
    donor.gave("monthly", "25")
    before = CardTry.objects.count()
    till.advance(32 * 24 * 3600)
    till.tell()
    assert before == CardTry.objects.count() == 1


def begin(count: int, address: str = "", amount: int = 2500) -> None:
    """So many unpaid gifts of people whom nothing vouches for, without their pages: at that address, or in as many
    networks.
    """
    for number in range(count):
        gifts.begin(gift_request(f"before{number}@donor.example", amount), address or f"10.{number}.0.1")


def test_it_opens_no_second_page_for_one_form_after_five_refused_cards(stranger, till):
    """Sent again from another browser and address, with the form's own fields: it finds its gift, and no fresh page."""
    donor = stranger()
    wish = donor.wish("once", "25")
    refuse(till, donor.send(wish)["Location"], *DECLINED)
    till.tell()
    for other in ({}, {"other": "26"}):
        refused = stranger().send({**wish, **other})
        assert refused.status_code == 429 and refused["Retry-After"] == "3600"
    assert pages() == 1


def test_it_counts_a_gift_again_once_it_needs_a_second_page(stranger, monkeypatch):
    monkeypatch.setitem(gifts.LIMITS, "email", (2, 24 * 3600))
    donor = stranger()
    wish = donor.wish("once", "25")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):  # a double click, and once more
            assert donor.send(wish).status_code == 303
        clock.shift(timedelta(minutes=40))
        assert donor.send(wish).status_code == 303
        clock.shift(timedelta(minutes=40))
        assert donor.send(wish).status_code == 429


def test_it_asks_for_a_proof_before_a_second_page_where_it_would_before_a_first(stranger, tripped):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example")
    wish = {**again(asked), "proof": proof_of_work.solve(challenge(asked))}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert donor.send(wish).status_code == 303
        clock.shift(timedelta(minutes=40))
        breaker.trip(Breaker.Reason.DECLINES)
        assert donor.send(wish).status_code == 403 and pages() == 1


def test_it_closes_the_mailed_link_after_five_refused_cards(stranger, tripped, till):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example")
    donor.send({**again(asked), "step": "mail"})
    link = re.search(r"/give/finish/[\w-]+/", letter_to("new@donor.example")).group()
    thief = Client()
    refuse(till, thief.post(link)["Location"], *DECLINED)
    till.tell()
    refused = Client(REMOTE_ADDR="203.0.113.9").post(link)
    assert refused.status_code == 429 and "wait an hour" in refused.content.decode() and pages() == 1


def test_it_leads_a_mailed_link_to_the_page_of_its_campaign_once_that_is_over(stranger, tripped):
    house = make()
    donor = stranger()
    asked = donor.client.post(house.get_absolute_url(), donor.wish("once", "25", email="new@donor.example"))
    donor.client.post(house.get_absolute_url(), {**again(asked), "step": "mail"})
    link = re.search(r"/give/finish/[\w-]+/", letter_to("new@donor.example")).group()
    Campaign.objects.update(ended=True)
    answer = Client().post(link)
    assert (answer.status_code, answer["Location"]) == (302, house.get_absolute_url()) and pages() == 0
    Campaign.objects.update(live=False)
    assert Client().post(link)["Location"] == "/give/", "not to a page that is gone"


def test_it_spends_no_proof_on_a_gift_that_is_refused_for_another_reason(stranger, tripped, monkeypatch):
    donor = stranger()
    asked = donor.give("once", "25", email="new@donor.example")
    wish = {**again(asked), "proof": proof_of_work.solve(challenge(asked))}
    with monkeypatch.context() as strict:
        strict.setitem(gifts.LIMITS, "email", (0, 3600))
        assert donor.send(wish).status_code == 429
    TokenBucket.objects.all().delete()
    assert donor.send(wish).status_code == 303


def test_it_opens_the_breaker_for_nobody_where_one_address_begins_the_smallest_gifts(stranger):
    donor = stranger()
    with time_machine.travel(timezone.now(), tick=False):
        begin(6, donor.client.defaults["REMOTE_ADDR"], amount=500)
        codes = [donor.give("once", "5", email=f"d{number}@donor.example").status_code for number in range(8)]
        assert codes == [403] * 8 and not breaker.is_open()
        assert stranger().give("once", "5", email="honest@donor.example").status_code == 303


def test_it_begins_no_more_than_twenty_unpaid_gifts_for_one_address(stranger):
    donor = stranger()
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        begin(19, donor.client.defaults["REMOTE_ADDR"])
        codes = [donor.give("once", "25", email=f"d{number}@donor.example").status_code for number in range(3)]
    assert codes == [303, 403, 403]
    assert not breaker.is_open(), "what one address does slows nobody elsewhere"


def test_it_opens_the_breaker_after_a_dozen_of_the_smallest_gifts_from_everywhere(stranger):
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        begin(11, amount=500)
        codes = [stranger().give("once", "5", email=f"d{number}@donor.example").status_code for number in range(3)]
    assert codes == [303, 403, 403] and Breaker.objects.get().reason == Breaker.Reason.SMALL


def test_it_opens_the_breaker_after_forty_unpaid_gifts_from_everywhere(stranger, till):
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        begin(39)
        codes = [stranger().give("once", "25", email=f"d{number}@donor.example").status_code for number in range(3)]
    assert codes == [303, 403, 403] and pages() == 1
    assert Breaker.objects.get().reason == Breaker.Reason.BEGUN


def test_it_lets_a_busy_day_pass_when_donors_pay(stranger, till):
    """More of the smallest gifts than may be unpaid: eleven are, and of each that is paid the place is free again."""
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine refills no bucket
        begin(11, amount=500)
        for number in range(3):
            donor = stranger()
            answer = donor.give("once", "5", email=f"d{number}@donor.example")
            assert answer.status_code == 303
            donor.pay(answer)
            till.tell()
    assert Gift.objects.paid().count() == 3 and not breaker.is_open()


def test_it_ends_a_payment_page_after_half_an_hour(donor):
    donor.give("once", "25")
    left = not_none(Gift.objects.get().session_expires_at) - timezone.now()
    assert timedelta(minutes=30) < left <= checkout.SESSION_LIFE <= timedelta(minutes=32)


@pytest.mark.both
def test_it_forgets_addresses_and_cards_after_two_days(stranger, till):
    donor = stranger()
    donor.gave("once", "25")
    assert Opening.objects.count() == CardTry.objects.count() == 1
    tries.forget()
    assert Opening.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=60)):
        tries.forget()
    assert not Opening.objects.exists() and not CardTry.objects.exists() and Gift.objects.get().is_paid


def test_it_answers_the_same_to_a_known_and_an_unknown_mailbox(stranger, till):
    known = stranger()
    known.pay(known.give("once", "25", email="known@donor.example"))
    till.tell()
    breaker.trip(Breaker.Reason.DECLINES)
    answers = [stranger().give("once", "25", email=f"{who}@donor.example") for who in ("known", "other")]
    assert [answer.status_code for answer in answers] == [403, 403]
    mails = [stranger().send({**again(answer), "step": "mail"}) for answer in answers]
    assert mails[0]["Location"] == mails[1]["Location"] and mails[0].content == mails[1].content
    assert gifts.LIMITS["email"] == (12, 3600)
