"""What the giving form offers beyond an amount, and how one browser makes one gift."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from donations.giving import addresses, browser_cookie, most_chosen
from donations.letters import dedications
from donations.models import AddressChange, CostLine, Currency, Dedication, Fund, Gift, LedgerEntry
from foundation.access import antispam
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from supporters import consent
from supporters.models import ConsentEvent, SubscriptionRequest
from tests.donations.appeal import make
from tests.donations.donor import SECOND, Donor
from tests.donations.test_letters import DEBIT_FAILS_LATER
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
CARD = {"tribute": "honour", "tribute_name": "Grace", "card_to": "grace@friend.example", "card_from": "Ada"}


def words(page) -> str:
    return page.content.decode()


def pay(donor, till, **more) -> Gift:
    donor.gave("once", "25", **more)
    return Gift.objects.latest("pk")


# One browser, one gift


def test_it_makes_one_gift_of_two_tabs_with_the_same_wish(donor):
    one, two = donor.wish(), donor.wish()
    assert donor.send(one)["Location"] == donor.send(two)["Location"]
    assert Gift.objects.count() == 1


def test_it_begins_a_new_form_once_something_was_given(donor, till):
    first = donor.wish()
    donor.pay(donor.send(first))
    till.tell()
    again, next_tab = donor.wish(), donor.wish()
    assert again["attempt"] == next_tab["attempt"] != first["attempt"]


@pytest.mark.parametrize("cookie", ["", "made up", ["K7QM"]])
def test_it_shows_the_form_to_a_cookie_it_does_not_know(charity, cookie):
    client = Client()
    client.cookies["gift"] = cookie if isinstance(cookie, str) else signing.dumps(cookie, salt=browser_cookie.SALT)
    assert client.get("/give/").status_code == 200


def test_it_makes_two_gifts_of_two_browsers_with_the_same_wish(donor, till):
    donor.give()
    Donor(Client(), till).give()
    assert Gift.objects.count() == 2


def test_it_leads_the_back_button_after_paying_to_the_thanks(donor, till):
    form = donor.wish()
    donor.pay(donor.send(form))
    till.tell()
    answer = donor.send(form)
    assert "/give/thanks/" in answer["Location"] and Gift.objects.count() == 1


@pytest.mark.parametrize("told", [True, False], ids=["our books know", "only Stripe knows"])
def test_it_asks_this_browser_before_a_second_gift(donor, till, told):
    second = donor.wish("once", "40")
    donor.paid("once", "25")
    if told:
        till.tell()
    page = donor.send(second)
    assert page.status_code == 200 and SECOND in words(page) and "$25" in words(page)
    assert 'value="40"' in words(page) and Gift.objects.count() == 1


def test_it_takes_the_second_gift_once_it_was_asked_for(donor, till):
    pay(donor, till)
    assert donor.give("once", "25").status_code == 303
    assert Gift.objects.count() == 2


def test_it_does_not_go_on_with_an_earlier_try_once_the_gift_was_given(donor, till):
    """Begun with 25, changed to 30 and paid: to send 25 now would be a second gift."""
    donor.give("once", "25")
    till.pay(donor.give("once", "30")["Location"])
    till.tell()
    page = donor.client.get("/give/")
    assert "You gave $30" in words(page) and "You began this gift" not in words(page)
    assert "second gift" in words(page) and 'name="other" value="25"' not in words(page)


def test_it_knows_the_try_that_its_donor_went_back_to(donor, till):
    for amount in ("25", "30", "25"):
        led = donor.give("once", amount)
    assert Gift.objects.count() == 2 and 'name="other" value="25"' in words(donor.client.get("/give/"))
    till.pay(led["Location"])
    assert SECOND in words(donor.send(donor.wish("once", "40"))) and Gift.objects.count() == 2


def test_it_begins_anew_where_a_bank_did_not_send_the_first(donor, till):
    till.sandbox.debit(donor.give("once", "25")["Location"], DEBIT_FAILS_LATER)
    till.tell()
    till.advance(5 * 86400)
    till.tell()
    gift = Gift.objects.get()
    assert gift.status == "failed"
    for address in ("/give/", f"/give/?back={gift.reference}"):
        page = words(donor.client.get(address))
        assert "You gave" not in page and "You began" not in page and "You came back" not in page
    again = donor.send(donor.wish("once", "25"))
    assert again.status_code == 303 and "/c/pay/" in again["Location"]
    till.pay(again["Location"])
    till.tell()
    assert Gift.objects.paid().count() == 1


def test_it_tells_of_the_first_gift_when_the_form_opens_and_asks_no_more(donor, till):
    pay(donor, till)
    assert "You gave $25" in words(donor.client.get("/give/"))
    assert donor.send(donor.wish("once", "40")).status_code == 303


def test_it_says_nothing_of_a_gift_to_another_browser_that_types_the_same_address(donor, till):
    pay(donor, till)
    stranger = Donor(Client(), till)
    assert "You gave" not in words(stranger.client.get("/give/"))
    assert stranger.send(stranger.wish("once", "40")).status_code == 303


def test_it_keeps_what_was_chosen_when_the_page_is_loaded_again(donor):
    fund = Fund.objects.create(name="Street outreach")
    donor.give("once", "42.50", fund=str(fund.pk), name="Ada", **CARD)
    page = words(donor.client.get("/give/"))
    assert "You began this gift" in page and 'value="42.50"' in page and 'value="Grace"' in page
    assert f'<option value="{fund.pk}" selected>' in page
    assert 'value="42.50"' not in words(donor.client.get("/give/?frequency=monthly"))


def test_it_keeps_what_was_chosen_behind_the_link_that_led_to_the_form(donor):
    """With the address as it stood: other links ask for something else, and that counts."""
    page = donor.client.get("/give/?frequency=monthly&utm_source=letter")
    action = re.findall(r'<form id="give"[^>]* action="([^"#]*)', words(page))[0]
    assert action == "/give/?frequency=monthly"
    donor.client.post(action, donor.wish("once", "42.50"))
    again = words(donor.client.get("/give/?utm_source=letter&frequency=monthly"))
    assert "You began this gift" in again and 'value="42.50"' in again
    for other in ("/give/", "/give/?frequency=once", "/give/?frequency=monthly&amount=15"):
        assert "You began this gift" not in words(donor.client.get(other))


def test_it_marks_the_fund_that_a_link_names_while_it_is_offered(donor):
    fund = Fund.objects.create(name="Street outreach")
    assert f'<option value="{fund.pk}" selected>' in words(donor.client.get(f"/give/?fund={fund.pk}"))
    for unclear in (f"{fund.pk + 1}", "x", "%00", "١"):
        page = donor.client.get(f"/give/?fund={unclear}")
        assert page.status_code == 200 and " selected>where it is needed most" in words(page)
    Fund.objects.update(shown=False)
    assert donor.client.get(f"/give/?fund={fund.pk}").status_code == 200


@pytest.mark.parametrize("path", ["/give/", "/es/give/"])
def test_it_leads_a_link_that_names_a_campaign_to_its_page(donor, path):
    make()
    link = donor.client.get(f"{path}?campaign=house&frequency=monthly&amount=60&utm_source=letter")
    assert (link.status_code, link["Location"]) == (302, f"{path}house/?frequency=monthly&amount=60")
    page = words(donor.client.get(link["Location"]))
    assert 'name="frequency" value="monthly" id="id_frequency_0" required checked' in page


@pytest.mark.parametrize("slug", ["", "boat", "%00", "../admin", "hoüse"])
def test_it_shows_the_giving_page_for_a_campaign_that_it_does_not_know(donor, slug):
    make(live=False, slug="boat")
    assert donor.client.get(f"/give/?campaign={slug}").status_code == 200


def test_it_makes_one_gift_of_one_wish_in_two_languages(donor):
    wish = donor.wish()
    assert donor.send(wish)["Location"] == donor.send({**wish, **donor.form("/es/give/")})["Location"]
    assert Gift.objects.count() == 1


@pytest.mark.parametrize("address", ["/give/", "/give/?back={reference}"])
def test_it_thanks_who_has_paid_before_our_books_know(donor, till, address):
    """And says neither that the gift was only begun nor that it was not paid."""
    attempt = donor.wish()["attempt"]
    donor.paid("once", "25")
    gift = Gift.objects.get()
    page = donor.client.get(address.format(reference=gift.reference))
    assert "You gave $25" in words(page) and not page.context["form"].initial.get("email")
    assert "without paying" not in words(page) and "You began" not in words(page)
    assert page.context["form"].initial["attempt"] not in (attempt, "")


def test_it_says_only_what_it_knows_of_the_payment_while_stripe_is_silent(donor, till):
    donor.give("once", "25")
    back = f"/give/?back={Gift.objects.get().reference}"
    assert "Nothing was charged" in words(donor.client.get(back))
    till.fault("unavailable")
    page = words(donor.client.get(back))
    assert "Nothing was charged" not in page and "You began this gift" in page


def test_it_keeps_what_was_chosen_when_our_answer_was_lost_on_the_way(donor):
    """The browser has the cookie of the form it filled, and none of the gift that it began."""
    wish = donor.wish("once", "42.50", name="Ada")
    deaf = Client()
    deaf.cookies.load({each.key: each.value for each in donor.client.cookies.values()})
    led = deaf.post("/give/", wish)["Location"]
    page = words(donor.client.get("/give/"))
    assert "You began this gift" in page and 'value="42.50"' in page and 'value="Ada"' in page
    assert donor.send({**wish, **donor.form()})["Location"] == led
    assert Gift.objects.count() == 1 and "You began" not in words(Client().get("/give/"))


# Amounts


def test_it_says_what_a_sum_does_only_while_staff_cite_it(donor):
    usd = Currency.objects.get(code="USD")
    assert "Where these sentences come from" not in words(donor.client.get("/give/"))
    line = CostLine.objects.create(currency=usd, amount=7500, clause="covers one evening", citation="Accounts, line 4")
    page = words(donor.client.get("/give/"))
    assert page.count("covers one evening") == 3 and "Accounts, line 4" in page
    assert "covers one evening" not in words(donor.client.get("/give/?currency=EUR"))
    CostLine.objects.filter(pk=line.pk).update(cited_on=timezone.now().date() - timedelta(days=549))
    assert "covers one evening" not in words(donor.client.get("/give/"))


def several(amount: int, times: int, **more) -> None:
    row = {"frequency": "once", "currency": "USD", "status": "paid", "paid_at": timezone.now(), "livemode": False}
    row |= more
    start = Gift.objects.count()
    Gift.objects.bulk_create(
        Gift(attempt_key=f"k{start + n}", amount=amount, total=amount, email="x@y.example", **row) for n in range(times)
    )


@pytest.mark.parametrize(
    ("gifts", "true"),
    [
        ([(7500, 60, {}), (3500, 40, {})], True),
        ([(7500, 60, {}), (3500, 39, {})], False),  # too few
        ([(7500, 50, {}), (3500, 50, {})], False),  # level
        ([(7500, 60, {"paid_at": timezone.now() - timedelta(days=366)}), (3500, 99, {})], False),  # long ago
        ([(7500, 60, {"frequency": "monthly"}), (3500, 99, {})], False),
        ([(7500, 60, {"currency": "EUR"}), (3500, 99, {})], False),
    ],
)
def test_it_says_most_chosen_only_when_it_is_true(donor, gifts, true):
    for amount, times, more in gifts:
        several(amount, times, **more)
    most_chosen.count()
    found = re.search(
        r'value="75"[^>]*>\s*<b>\$75</b><span><span class="tag">Most chosen', words(donor.client.get("/give/"))
    )
    assert bool(found) is true


def test_it_counts_no_gift_that_was_given_back_whole_as_chosen(charity, till):
    several(7500, 61)
    several(3500, 51)
    back = {"kind": "refund", "currency": "USD", "livemode": False, "occurred_at": timezone.now()}
    back["day"] = timezone.now().date()

    def give_back(gifts, amount: int) -> None:
        for gift in gifts:
            LedgerEntry.objects.create(gift=gift, amount=-amount, stripe_object=f"re_{gift.pk}_{amount}", **back)

    dear = list(Gift.objects.filter(amount=7500))
    give_back(dear[:15], 7400)  # a part: they stay gifts
    assert most_chosen.most("USD", "once") == 7500
    give_back(dear[:9], 100)
    assert most_chosen.most("USD", "once") == 7500
    give_back(dear[9:11], 100)
    assert most_chosen.most("USD", "once") == 3500


@given(st.integers(min_value=500, max_value=5_000_000))
def test_it_suggests_about_a_third_and_nothing_above_its_bound(once):
    usd = Currency(code="USD", minimum=500, once_amounts=[3500, 7500, 15000])
    instead = usd.monthly_instead(once)
    if once > 15000:
        assert instead == 0
    elif instead:
        assert instead % 500 == 0 and abs(instead - once / 3) <= 250 and 500 <= instead < once


def test_it_turns_a_single_gift_monthly_without_a_script_and_keeps_all(donor):
    page = donor.send(
        {**donor.form(), "frequency": "once", "amount_once": "75", "email": "kept@a.example", "step": "monthly"}
    )
    text = words(page)
    assert page.status_code == 200 and "$25 every month" in text and 'value="kept@a.example"' in text
    assert 'value="25"' in text and not Gift.objects.exists() and "errors flow" not in text


def test_it_shows_what_was_asked_for_to_who_presses_fast(donor):
    fast = {"opened": antispam.stamp(), "frequency": "once", "amount_once": "75"}
    page = words(donor.send({**donor.form(), **fast, "step": "monthly"}))
    assert "$25 every month" in page
    page = words(donor.send({**donor.form(), **fast, **CARD, "tribute_name": "", "step": "card"}))
    assert 'id="id_tribute_name_error"' in page


def test_it_suggests_nothing_to_a_browser_that_gave(donor, till):
    assert 'value="monthly" formaction' in words(donor.client.get("/give/"))
    pay(donor, till)
    assert 'value="monthly" formaction' not in words(donor.client.get("/give/"))


# Funds, names, dedications


def test_it_offers_four_purposes_at_most_and_keeps_the_chosen_one(donor):
    funds = [Fund.objects.create(name=f"Fund {n}", position=n) for n in range(5)]
    page = words(donor.client.get("/give/"))
    assert [name in page for name in ("needed most", "Fund 0", "Fund 2", "Fund 3")] == [True, True, True, False]
    donor.give(fund=str(funds[1].pk))
    assert Gift.objects.get().fund == funds[1]
    assert donor.give("once", "30", fund=str(funds[4].pk)).status_code == 200


def test_it_keeps_a_name_private_unless_told_for_this_gift(donor):
    donor.give("once", "25", name="Ada")
    donor.give("once", "30", name="Ada", name_public="on")
    assert list(Gift.objects.order_by("pk").values_list("name_public", flat=True)) == [False, True]


def test_it_asks_for_letters_by_a_box_that_a_mailed_link_confirms(donor):
    assert 'name="letters"' in words(donor.client.get("/give/"))
    form = {"email": "letters@friend.example"}
    donor.give("once", "25", **form)
    assert not SubscriptionRequest.objects.exists()
    donor.give("once", "30", **form, letters="on")
    donor.give("once", "35", **form, letters="on")
    asking = SubscriptionRequest.objects.get()
    assert (asking.where, asking.wording) == ("/give/", consent.wording(ConsentEvent.Purpose.LETTERS))
    assert not ConsentEvent.objects.exists()
    letter = Letter.objects.get(template="subscribe_confirm")
    assert letter.to == form["email"]
    donor.client.post(re.search(r"/subscribe/confirm/[^/\s]+/", letter.text).group())
    assert ConsentEvent.objects.get().where == "/give/"


def test_it_shows_the_card_and_sends_nothing(donor):
    page = donor.send({**donor.form(), **CARD, "card_message": "Thank you <b>", "step": "card"})
    text = words(page)
    assert "A gift was made in honour of Grace." in text and "Thank you &lt;b&gt;" in text and "grace@friend" in text
    assert not Gift.objects.exists() and not Letter.objects.exists() and "errors flow" not in text


def test_it_mails_the_card_on_its_day_after_the_payment_and_without_the_sum(donor, till):
    day = timezone.localdate() + timedelta(days=9)
    answer = donor.give("once", "25", **CARD, card_on=day.isoformat())
    run_due()
    assert Dedication.objects.get().card_on == day and not Job.objects.filter(kind="dedication-card").exists()
    donor.pay(answer)
    till.tell()
    job = Job.objects.get(kind="dedication-card")
    assert job.run_at > timezone.now() + timedelta(days=7) and "grace" not in str(job.args)
    assert not Letter.objects.filter(template="dedication_card").exists()
    dedications.mail(job.args)
    dedications.mail(job.args)
    letter = Letter.objects.get(template="dedication_card")
    assert letter.to == "grace@friend.example" and "Grace" in letter.text and "$25" not in letter.text + letter.subject


def test_it_mails_no_card_for_a_gift_that_went_back(donor, till):
    day = timezone.localdate() + timedelta(days=9)
    gift = pay(donor, till, **CARD, card_on=day.isoformat())
    till.refund(gift.payment_intent_id)
    till.tell()
    dedications.mail(Job.objects.get(kind="dedication-card").args)
    assert not Letter.objects.filter(template="dedication_card").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card_on", "2020-01-01"),
        ("card_message", "Buy at https://spam.example"),
        ("tribute_name", ""),
        ("tribute", ""),
        ("card_to", "nobody"),
    ],
)
def test_it_says_what_is_wrong_with_a_dedication(donor, field, value):
    page = donor.give(**{**CARD, field: value})
    assert page.status_code == 200 and f'id="id_{field}_error"' in words(page) and not Gift.objects.exists()


def test_it_forgets_where_a_card_went_after_three_months(donor, till):
    pay(donor, till, **CARD)
    run_due()
    Dedication.objects.update(card_written_at=timezone.now() - timedelta(days=91))
    dedications.forget()
    assert (Dedication.objects.get().card_to, Dedication.objects.get().name) == ("", "Grace")


# The address put right


def correct(donor, gift, email):
    address = f"/give/thanks/address/{gift.reference}/"
    return donor.client.post(address, {**donor.form(address), "email": email})


def test_it_sends_the_receipt_to_an_address_put_right_and_nothing_more_to_the_old(donor, till):
    gift = pay(donor, till)
    assert correct(donor, gift, "ada@right.example").status_code == 303
    run_due()
    gift.refresh_from_db()
    assert gift.email == "ada@right.example" == gift.supporter.email
    assert [to for letter in mail.outbox for to in letter.to] == ["ada@donor.example", "ada@right.example"]
    change = AddressChange.objects.get()
    assert (change.before, change.after, change.changed_by) == ("ada@donor.example", "ada@right.example", None)


def test_it_turns_a_waiting_receipt_round(donor, till):
    donor.paid()
    gift = Gift.objects.get()
    for event in till.events():
        till.post(event)
    correct(donor, gift, "ada@right.example")
    run_due()
    assert [to for letter in mail.outbox for to in letter.to] == ["ada@right.example"]


def test_it_asks_without_a_script_what_address_was_meant_and_takes_either_answer(donor, till):
    page = donor.give("once", "25", email="ada@gmial.com")
    text = words(page)
    assert page.status_code == 200 and "Did you mean ada@gmail.com?" in text and not Gift.objects.exists()
    sent = {name: value for name, value in page.context["form"].data.items() if value}
    assert donor.send({**sent, "mend": "ada@gmail.com"}).status_code == 303
    assert Gift.objects.get().email == "ada@gmail.com"
    assert donor.send(sent).status_code == 303
    assert Gift.objects.order_by("id").last().email == "ada@gmial.com"


def test_it_lets_no_other_browser_nor_a_late_one_put_an_address_right(donor, till):
    gift = pay(donor, till)
    address = f"/give/thanks/address/{gift.reference}/"
    assert Client().get(address).status_code == 404 == Client().post(address, {"email": "x@y.example"}).status_code
    for n in range(addresses.MOST):
        assert correct(donor, gift, f"a{n}@right.example").status_code == 303
    assert correct(donor, gift, "once@more.example").status_code == 200
    AddressChange.objects.all().delete()
    Gift.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert correct(donor, gift, "late@right.example").status_code == 200
    assert Gift.objects.get().email == "a2@right.example"


def test_it_lets_staff_put_an_address_right_after_a_check(donor, till):
    gift = pay(donor, till)
    address = f"/admin/gift/inspect/{gift.pk}/address/"
    staff = signed_in("Donor care")
    assert staff.post(address, {"email": "ada@right.example"}).status_code == 422
    filled = {"email": "ada@right.example", "check_made": "Called back on the number in our files"}
    assert staff.post(address, filled).status_code == 302
    change = AddressChange.objects.get()
    assert change.after == "ada@right.example" and change.changed_by and change.check_made.startswith("Called")
    assert signed_in("Editor").post(address, filled).status_code in (302, 403)
    assert AddressChange.objects.count() == 1


# What staff set and see


def test_it_shows_staff_the_real_fee_beside_what_was_added(donor, till):
    gift = pay(donor, till, cover_fee="on")
    booked = -LedgerEntry.objects.get(gift=gift, kind="fee").amount
    page = words(signed_in("Finance").get(f"/admin/gift/inspect/{gift.pk}/"))
    assert f"${booked / 100:.2f} USD" in page and gift.receipts.get().total == gift.total == 2500 + gift.fee_cover


def test_it_warns_staff_when_a_ladder_moves_by_more_than_a_fifth(donor):
    usd = Currency.objects.get(code="USD")
    staff = signed_in("Finance")
    address = f"/admin/currency/edit/{usd.pk}/"
    fields = {"shown": "on", "position": "1", "monthly": "15 30 60 120", "least": "5", "most": "50000"}
    page = staff.post(address, {**fields, "once": "35 91 150 300"})
    assert "more than 20" in words(page) and Currency.objects.get(code="USD").once_amounts[1] == 7500
    staff.post(address, {**fields, "once": "35 90 150 300"})
    assert Currency.objects.get(code="USD").once_amounts[1] == 9000
    staff.post(address, {**fields, "once": "35 150 200 300", "sure": "on"})
    assert Currency.objects.get(code="USD").once_amounts[1] == 15000


def test_it_lets_finance_cite_a_cost_line(donor):
    usd = Currency.objects.get(code="USD")
    fields = {"currency": str(usd.pk), "sum": "75", "clause": "covers an evening", "cited_on": "2026-11-01"}
    staff = signed_in("Finance")
    assert staff.post("/admin/costline/new/", fields).status_code == 200 and not CostLine.objects.exists()
    staff.post("/admin/costline/new/", {**fields, "citation": "Accounts 2025, line 4"})
    assert CostLine.objects.get().amount == 7500


def test_it_thanks_with_what_comes_next_and_asks_stripe_about_no_other_page(donor, till):
    back = donor.pay(donor.give("once", "25", cover_fee="on", **CARD))
    assert "The card is sent" in words(back)
    till.tell()
    gift = Gift.objects.get()
    page = words(donor.client.get(f"/give/thanks/?session={gift.session_id}"))
    assert gift.receipts.get().label in page and "towards the card fee" in page and "Is this address wrong?" in page
    stranger = words(Client().get(f"/give/thanks/?session={gift.session_id}"))
    assert gift.reference not in stranger and "$25" not in stranger and urlsplit(gift.email).path not in stranger
