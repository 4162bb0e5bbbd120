"""The giving page: what a link may choose, what a sent form may say, and what comes back."""

import re

import pytest
from django.core import signing
from django.test import Client

from donations import money
from donations.giving import browser_cookie, checkout, form_cookie, gifts
from donations.models import Currency, Fund, Gift
from donations.stripe.errors import StripeIsDownError, StripeRefusedError, TooOftenError
from foundation.access import antispam
from tests.donations import appeal

pytestmark = pytest.mark.django_db
SECOND_RUNGS = {"amount_monthly": "30", "amount_once": "75"}  # of the starter's ladders for USD


def checked(page) -> dict[str, str]:
    tags = re.findall(r"<input[^>]*\schecked[^>]*>", page.content.decode())
    found = {}
    for tag in tags:
        value = re.search(r'value="([^"]*)"', tag)
        found[re.search(r'name="(\w+)"', tag).group(1)] = value[1] if value else "on"
    return found


def errors(page) -> str:
    found = re.search(r'<div class="errors.*?</div>', page.content.decode(), re.S)
    return found[0] if found else ""


def test_it_marks_once_and_the_second_rungs_on_the_bare_page(donor):
    page = donor.client.get("/give/")
    assert page.status_code == 200 and checked(page) == {**SECOND_RUNGS, "frequency": "once"}


def test_it_chooses_what_the_link_says_and_no_more(donor):
    assert checked(donor.client.get("/give/?frequency=monthly")) == {**SECOND_RUNGS, "frequency": "monthly"}
    assert checked(donor.client.get("/give/?frequency=once&amount=150")) == {
        **SECOND_RUNGS,
        "frequency": "once",
        "amount_once": "150",
    }


def test_it_types_an_amount_of_the_link_that_is_on_no_ladder(donor):
    page = donor.client.get("/give/?frequency=once&amount=42.50")
    assert checked(page)["amount_once"] == "other" and 'value="42.50"' in page.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        *["frequency=weekly", "amount=-5", "amount=1e9", "amount=NaN", "amount=0.01", "currency=XXX", "frequency=%00"],
        "currency=XXX&amount=150",
    ],
)
def test_it_takes_nothing_odd_from_a_link(donor, query):
    page = donor.client.get(f"/give/?{query}")
    assert page.status_code == 200 and checked(page) == {**SECOND_RUNGS, "frequency": "once"}
    assert 'data-currency="USD"' in page.content.decode()


def test_it_offers_each_currency_with_its_own_ladder(donor):
    page = donor.client.get("/give/?currency=jpy").content.decode()
    assert 'data-currency="JPY"' in page and 'data-decimals="0"' in page
    assert 'value="5000"' in page and "¥5,000" in page


# Another currency


def menu(page) -> list[str]:
    """What the menu of currencies offers; the one in use is marked."""
    found = re.findall(r'<option value="[A-Z]{3}"( selected)?>([^<]*)</option>', page.content.decode())
    return [f"* {name}" if selected else name for selected, name in found]


def test_it_offers_each_currency_by_its_name_in_the_readers_language(donor):
    names = ["US Dollar (USD)", "* Euro (EUR)", "British Pound (GBP)", "Canadian Dollar (CAD)"]
    assert menu(donor.client.get("/give/?currency=EUR")) == [*names, "Australian Dollar (AUD)", "Japanese Yen (JPY)"]
    assert menu(donor.client.get("/es/give/"))[:2] == ["* Dólar estadounidense (USD)", "Euro (EUR)"]


def test_it_shows_no_menu_of_one_currency(donor):
    Currency.objects.exclude(code="EUR").update(shown=False)
    page = donor.client.get("/give/")
    assert menu(page) == [] and "Change currency" not in page.content.decode()


@pytest.mark.parametrize("press", [{"step": "currency"}, {}], ids=["its button", "the button that sends"])
def test_it_changes_the_currency_and_keeps_all_that_was_typed(donor, till, press):
    """Whoever chooses in the menu and passes its button by is shown the other currency too, and charged nothing."""
    typed = {"email": "kept@donor.example", "name": "Kept Name", "cover_fee": "on", "tribute": "honour"}
    wish = {**donor.wish("monthly", "1,234", **typed), "tribute_name": "Grace", "amount_once": "150"}
    page = donor.send({**wish, "into": "JPY", **press})
    text = page.content.decode()
    assert page.status_code == 200 and 'data-currency="JPY"' in text and not errors(page)
    assert "The amounts are in Japanese yen now." in text and not Gift.objects.exists() and till.events() == []
    rungs = {"amount_monthly": "other", "amount_once": "20000"}  # the third of both ladders
    assert checked(page) == {"frequency": "monthly", "cover_fee": "on", **rungs}
    assert all(f'value="{kept}"' in text for kept in ("kept@donor.example", "Kept Name", "Grace", "1,234"))
    sent = {**wish, **donor._hidden(page), "opened": wish["opened"], "into": "JPY"}
    assert donor.send(sent).status_code == 303
    assert (Gift.objects.get().currency, Gift.objects.get().amount) == ("JPY", 1234)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("42.50", "whole Japanese yen"), ("60", "Between ¥500 and"), ("twelve", "We cannot read “twelve”")],
)
def test_it_looks_at_a_typed_sum_anew_in_the_other_currency(donor, typed, words):
    page = donor.send({**donor.wish("once", typed, email=""), "into": "JPY"})
    assert words in errors(page) and "#id_email" not in errors(page) and f'value="{typed}"' in page.content.decode()
    assert checked(page)["amount_once"] == "other" and not Gift.objects.exists()


def test_it_carries_no_rung_over_as_a_sum(donor):
    """What stood on the ladder is no number that anybody typed."""
    wish = {**donor.form(), "frequency": "once", "amount_monthly": "120", "other": "61", "email": "a@donor.example"}
    Currency.objects.filter(code="JPY").update(monthly_amounts=[2000, 4000, 8000])
    for sent, becomes in (("35", "5000"), ("75", "10000"), ("150", "20000"), ("made up", "10000"), ("", "other")):
        page = donor.send({**wish, "amount_once": sent, "into": "JPY"})
        assert (checked(page)["amount_once"], checked(page)["amount_monthly"]) == (becomes, "4000"), sent
        assert 'name="other" value="61"' in page.content.decode() and (sent == "" or not errors(page))
    closed = donor.send({**wish, "amount_once": "300", "currency": "XXX\0", "into": "JPY"})
    assert checked(closed)["amount_once"] == "10000"


def test_it_changes_the_currency_where_no_script_runs_and_shows_it_again_on_reload(donor):
    sent = donor.give("once", "4,200", "USD", name="Kept Name", plain="1", into="JPY", step="currency")
    assert (sent.status_code, sent["Location"]) == (303, "/give/?again")
    for _ in range(2):
        page = donor.client.get("/give/?again")
        assert "* Japanese Yen (JPY)" in menu(page) and not errors(page)
        assert all(f'value="{kept}"' in page.content.decode() for kept in ("Kept Name", "4,200"))


def opens_in(donor, query: str = "") -> str:
    return re.findall(r'data-currency="(\w+)"', donor.client.get(f"/give/{query}").content.decode())[0]


def test_it_opens_in_the_currency_that_this_browser_chose_last(donor, till):
    assert opens_in(donor) == "USD"
    donor.send({**donor.wish("once", "25"), "into": "EUR"})
    assert opens_in(donor) == opens_in(donor, "?currency=XX") == opens_in(donor, "?frequency=monthly") == "EUR"
    assert opens_in(donor, "?currency=cad") == "CAD"
    assert opens_in(donor, "?amount=50") == "USD", "a sum in the address is of the first currency, for everybody"
    donor.gave("once", "25", "GBP")
    assert opens_in(donor) == "GBP"
    Currency.objects.filter(code="GBP").update(shown=False)
    assert opens_in(donor) == "USD"
    Currency.objects.update(shown=True)
    donor.client.cookies.clear()  # as the way out does: nothing else remembers it
    assert opens_in(donor) == "USD"


def test_it_guesses_no_currency_from_language_or_place(donor):
    abroad = {"Accept-Language": "de-DE,ja;q=0.5", "X-Forwarded-For": "203.0.113.7"}
    assert 'data-currency="USD"' in donor.client.get("/give/", headers=abroad).content.decode()
    assert 'data-currency="USD"' in donor.client.get("/es/give/", headers=abroad).content.decode()


@pytest.mark.parametrize("kept", ["XXX", "\0", 7, None, ["EUR"]])
def test_it_opens_in_the_first_currency_where_the_cookie_names_none_that_is_offered(donor, kept):
    donor.client.cookies[browser_cookie.NAME] = signing.dumps({"currency": kept}, salt=browser_cookie.SALT)
    assert opens_in(donor) == "USD"


@pytest.mark.parametrize("left", [["USD"], ["USD", "GBP"]])
def test_it_asks_for_one_more_press_where_the_forms_currency_was_taken_back_meanwhile(donor, left):
    euro = Currency.objects.get(code="EUR").ladder("once")
    wish = {**donor.wish("once", "", "EUR"), "amount_once": money.plain(euro[2], "EUR"), "into": "EUR"}
    Currency.objects.exclude(code__in=left).update(shown=False)
    page = donor.send(wish)
    said = "We do not take the currency of this form any more. The amounts are in US dollars now."
    assert said in page.content.decode()
    chosen = checked(page)["amount_once"]
    assert chosen == money.plain(Currency.objects.get(code="USD").ladder("once")[2], "USD")
    again = {**wish, **donor._hidden(page), "amount_once": chosen, "into": "USD"}
    assert not Gift.objects.exists() and donor.send(again).status_code == 303 and Gift.objects.get().currency == "USD"


@pytest.mark.parametrize("into", ["XXX", "\0", "usd", "' OR 1=1"])
def test_it_offers_the_first_currency_to_who_asks_for_an_odd_one(donor, into):
    page = donor.send({**donor.wish("once", "25"), "into": into})
    assert page.status_code == 200 and 'data-currency="USD"' in page.content.decode()


# A form that lay open while staff changed what it offers


def test_it_brings_the_chosen_sum_of_an_old_ladder_back_to_be_looked_at(donor):
    fields = {**donor.form(), "frequency": "once", "amount_once": "75", "email": "kept@donor.example"}
    Currency.objects.filter(code="USD").update(once_amounts=[4000, 8000, 16000])
    page = donor.send(fields)
    assert "#id_amount_once" in errors(page) and "have changed" in errors(page) and not Gift.objects.exists()
    assert checked(page)["amount_once"] == "other" and 'value="75"' in page.content.decode()
    again = {**fields, "amount_once": "other", "other": "75"}
    assert donor.send(again).status_code == 303 and Gift.objects.get().amount == 7500


def test_it_minds_no_old_rung_of_the_ladder_that_nobody_chose(donor):
    """Each ladder has a rung marked by us, so the unseen one is sent along with what it was when the form opened."""
    fields = {**donor.form(), "frequency": "once", "amount_once": "75", "amount_monthly": "30", "email": "a@b.example"}
    Currency.objects.filter(code="USD").update(monthly_amounts=[1000, 2000, 4000])
    assert donor.send(fields).status_code == 303 and Gift.objects.get().amount == 7500


def test_it_minds_nothing_typed_before_a_rung_was_chosen(donor):
    fields = {**donor.form(), "frequency": "once", "amount_once": "75", "other": "9" * 40, "email": "a@b.example"}
    assert donor.send(fields).status_code == 303 and Gift.objects.get().amount == 7500


def test_it_says_that_a_purpose_is_gone(donor):
    fund = Fund.objects.create(name="Street outreach")
    Fund.objects.create(name="Court support")
    fields = donor.wish("once", "25", fund=str(fund.pk))
    Fund.objects.filter(pk=fund.pk).update(shown=False)
    page = donor.send(fields)
    assert "#id_fund" in errors(page) and "cannot be directed" in errors(page) and 'value="25"' in page.content.decode()
    assert not Gift.objects.exists()


@pytest.mark.parametrize("amount", ["99999999999", "1,000,000,000", "50001", "9" * 24])
def test_it_says_that_a_sum_is_too_large_and_not_that_it_is_no_number(donor, amount):
    page = donor.give("once", amount)
    assert (
        "#id_other" in errors(page) and "in digits" not in errors(page) and f'value="{amount}"' in page.content.decode()
    )


def test_it_covers_no_fee_before_staff_say_what_it_is(donor):
    assert 'name="cover_fee"' in donor.client.get("/give/").content.decode()
    Currency.objects.update(fee_basis_points=None, fee_fixed=None)
    assert "cover_fee" not in donor.client.get("/give/").content.decode()
    donor.give("once", "25", cover_fee="on")
    assert Gift.objects.get().total == 2500


def test_it_says_when_no_currency_is_set(donor):
    Currency.objects.update(shown=False)
    page = donor.client.get("/give/")
    assert page.status_code == 503 and "hello@charity.example" in page.content.decode()


def test_it_leads_to_stripe_with_a_303(donor, till):
    answer = donor.give("once", "25")
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{till.sandbox.address}/t/{till.tenant}/c/pay/cs_test_")


def test_it_takes_a_rung_of_the_ladder(donor):
    answer = donor.send({**donor.form(), "frequency": "once", "amount_once": "75", "email": "a@donor.example"})
    assert answer.status_code == 303 and Gift.objects.get().amount == 7500


def test_it_takes_a_typed_amount_when_no_rung_is_chosen(donor):
    answer = donor.send({**donor.form(), "frequency": "once", "other": "33", "email": "a@donor.example"})
    assert answer.status_code == 303 and Gift.objects.get().amount == 3300


def test_it_reads_the_ladder_of_the_chosen_frequency_only(donor):
    wish = {"frequency": "once", "amount_once": "75", "amount_monthly": "60", "email": "a@donor.example"}
    donor.send({**donor.form(), **wish})
    assert (Gift.objects.get().frequency, Gift.objects.get().amount) == ("once", 7500)


def test_it_covers_the_fee_with_the_exact_sum(donor, till):
    donor.give("once", "100", cover_fee="on")
    gift = Gift.objects.get()
    assert (gift.amount, gift.fee_cover, gift.total) == (10000, 330, 10330)


def test_it_charges_no_more_than_stripe_takes_though_the_fee_is_covered(donor, till):
    """The largest gift is about the gift; what Stripe takes at once is about all that is charged."""
    Currency.objects.filter(code="USD").update(maximum=money.LARGEST)
    page = donor.give("once", "999,999.99", cover_fee="on")
    assert page.status_code == 200 and "With the card fee this is more than" in errors(page)
    assert "#id_other" in errors(page) and not Gift.objects.exists() and till.events() == []
    assert donor.give("once", "999,999.99").status_code == 303
    assert Gift.objects.get().total == money.LARGEST


def test_it_says_what_the_fee_of_a_typed_sum_is_once_it_knows_it(donor):
    page = donor.give("once", "42.50", email="")
    assert "This adds $1.58 to $42.50, $1.35 to $35," in " ".join(re.sub("<[^>]*>", "", page.content.decode()).split())
    moved = donor.send({**donor.wish("once", "1,234"), "into": "JPY"}).content.decode()
    assert "This adds ¥78 to ¥1,234," in moved and moved.count("¥1,234") == 1, "not under the other frequency"
    for unclear in ("1.000.0", "4", ""):
        assert "This adds $1.35 to $35," in donor.give("once", unclear).content.decode()


@pytest.mark.parametrize("code", ["USD", "EUR", "GBP", "CAD", "AUD"])
def test_it_asks_stripe_for_hundredths(donor, till, code):
    donor.paid("once", "25.50", code=code)
    (session,) = till.objects("checkout.session")
    assert (session["amount_total"], session["currency"]) == (2550, code.lower())


def test_it_asks_stripe_for_whole_yen(donor, till):
    donor.paid("once", "2500", code="JPY")
    (session,) = till.objects("checkout.session")
    assert (session["amount_total"], session["currency"]) == (2500, "jpy")


@pytest.mark.parametrize(
    ("amount", "code"),
    [(text, "USD") for text in ("-5", "NaN", "0.001", "1e9", "0", "4.99", "50000.01", "999999999", "1.000", "1,50", "")]
    + [(text, "JPY") for text in ("1.13", "499", "5000001", "1000.00")],
)
def test_it_refuses_an_amount_and_asks_stripe_for_nothing(donor, till, amount, code):
    page = donor.give("once", amount, code=code)
    assert page.status_code == 200 and "#id_other" in errors(page)
    assert not Gift.objects.exists() and till.events() == []


def test_it_takes_thousands_with_a_comma_and_full_width_digits(donor):
    donor.give("once", "1,000")
    donor.give("once", "１２")
    assert list(Gift.objects.order_by("id").values_list("amount", flat=True)) == [100000, 1200]


def test_it_does_not_take_the_rung_of_another_currency(donor, till):
    """The page was for yen; 5000 must not become five thousand dollars by a changed hidden field."""
    fields = {
        **donor.form("/give/?currency=JPY"),
        "frequency": "once",
        "amount_once": "5000",
        "email": "a@donor.example",
    }
    page = donor.send({**fields, "currency": "USD"})
    assert page.status_code == 200 and "#id_amount_once" in errors(page) and not Gift.objects.exists()


def test_it_refuses_a_currency_that_is_not_offered(donor):
    Currency.objects.filter(code="EUR").update(shown=False)
    fields = donor.wish("once", "25")
    for code in ("EUR", "XXX", "usd\0", ""):
        assert donor.send({**fields, "currency": code}).status_code == 200
    assert not Gift.objects.exists()


def test_it_takes_no_field_that_the_form_does_not_have(donor):
    more = {"status": "paid", "total": "1", "fee_cover": "-100", "reference": "AAAA", "supporter": "1", "amount": "1"}
    donor.send({**donor.wish("once", "25"), **more, "paid_at": "2026-01-01", "livemode": "1"})
    gift = Gift.objects.get()
    assert (gift.status, gift.amount, gift.fee_cover, gift.total) == ("started", 2500, 0, 2500)
    assert gift.reference != "AAAA" and gift.supporter is None and gift.livemode is False


def test_it_shows_the_form_again_with_all_that_was_typed(donor):
    page = donor.give("monthly", "0.001", email="kept@donor.example", name="Kept Name", cover_fee="on")
    text = page.content.decode()
    assert 'value="0.001"' in text and 'value="kept@donor.example"' in text and 'value="Kept Name"' in text
    assert checked(page) == {"frequency": "monthly", "amount_monthly": "other", "cover_fee": "on"}
    assert "<title>Error:" in text


def test_it_shows_the_form_again_by_an_address_of_its_own(donor):
    """So that Back from Stripe finds a page. Neither the address nor a script sees what was typed."""
    assert '<input name="plain" value="1" type="hidden">' in donor.client.get("/give/").content.decode()
    sent = donor.give("once", "25", email="", name="Kept Name", company="Kept Ltd", tribute="", plain="1")
    assert (sent.status_code, sent["Location"]) == (303, "/give/?again")
    cookie = sent.cookies["typed"]
    assert cookie["httponly"] and cookie["path"] == "/give/" and cookie["max-age"] == 600
    for _ in range(2):  # a reload finds it again
        page = donor.client.get("/give/?again")
        assert page.status_code == 200 and "#id_email" in errors(page) and not Gift.objects.exists()
        for kept in ("Kept Name", "Kept Ltd", "25"):
            assert f'value="{kept}"' in page.content.decode()
    begun = donor.give("once", "25", email="ada@donor.example", name="Kept Name", plain="1")
    assert "/c/pay/" in begun["Location"] and begun.cookies["typed"]["max-age"] == 0
    back = donor.client.get("/give/?again")
    assert "You began this gift" in back.content.decode() and not errors(back)
    assert 'value="ada@donor.example"' in back.content.decode()


@pytest.mark.parametrize(("answer", "shown"), [("mend", "ada@gmail.com"), ("sure", "ada@gmial.com")])
def test_it_asks_no_second_time_about_an_address_when_something_else_is_wrong(donor, answer, shown):
    donor.give("once", "forty", email="ada@gmial.com", plain="1", **{answer: shown})
    page = donor.client.get("/give/?again")
    assert "in digits" in errors(page) and "#id_email" not in errors(page)
    assert f'value="{shown}"' in page.content.decode()


def test_it_asks_no_second_time_about_an_address_after_stripes_page(donor):
    assert donor.give("once", "25", email="ada@gmial.com", sure="ada@gmial.com").status_code == 303
    back = {**donor.wish("once", "30", email="ada@gmial.com"), **donor._hidden(donor.client.get("/give/"))}
    assert donor.send(back).status_code == 303
    assert "Did you mean ada@gmail.com?" in errors(donor.send({**back, "email": "ada@gmali.com"}))


@pytest.mark.parametrize("kept", [{"email": "a"}, [["email"], None], ["a", "b", "c"], [{}, 7], "x", None], ids=str)
def test_it_shows_the_empty_form_to_whose_cookie_is_of_another_version(donor, kept):
    donor.client.cookies[form_cookie.NAME] = signing.dumps(kept, salt=form_cookie.SALT, compress=True)
    page = donor.client.get("/give/?again")
    assert page.status_code == 200 and not errors(page)


def test_it_shows_on_each_page_what_was_typed_there(donor):
    appeal.make()
    donor.give("once", "25", email="", name="Kept Name", plain="1")
    assert "Kept Name" not in donor.client.get("/give/house/?again").content.decode()
    assert "Kept Name" in donor.client.get("/give/?again").content.decode()


def raising(error: Exception):
    raise error


def test_it_shows_by_an_address_of_its_own_what_only_the_sending_could_tell(donor, monkeypatch):
    """Stripe is down, busy, or refuses the sum or the address: nothing typed may be lost, and Back finds a page."""
    amount = StripeRefusedError("Too small.", "amount_too_small")
    refused = {
        StripeIsDownError("away"): "We cannot reach Stripe just now.",
        TooOftenError("again"): "You have asked for this many times in a row.",
        amount: "Stripe does not take this amount.",
        StripeRefusedError("No address.", "", "customer_email"): "Stripe does not take this address.",
        gifts.TooOftenError(): "Many gifts were begun from your connection.",
    }
    fields = {"email": "ada@donor.example", "name": "Kept Name", "plain": "1"}
    for error, words in refused.items():
        with monkeypatch.context() as now:
            step = (gifts, "begin") if isinstance(error, gifts.TooOftenError) else (checkout, "start")
            now.setattr(*step, lambda *_, error=error, **__: raising(error))
            sent = donor.give("once", "25", **fields)
        assert (sent.status_code, sent["Location"]) == (303, "/give/?again"), error
        for _ in range(2):  # a reload finds it again
            page = donor.client.get("/give/?again")
            assert words in errors(page) and 'value="Kept Name"' in page.content.decode(), error
    begun = donor.give("once", "25", **fields)
    assert "/c/pay/" in begun["Location"] and Gift.objects.count() == 1
    assert "You began this gift" in donor.client.get("/give/?again").content.decode()


@pytest.mark.parametrize("press", [{}, {"into": "EUR"}, {"step": "currency"}, {"step": "monthly"}, {"step": "card"}])
def test_it_keeps_no_number_of_a_card_in_a_cookie(donor, press):
    page = donor.give("once", "25", email="", name="4242 4242 4242 4242", plain="1", **press)
    assert page.status_code == 200 and "typed" not in page.cookies and "4242" not in page.content.decode()


def test_it_answers_with_the_page_itself_what_no_cookie_can_hold(donor):
    words = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(3000))
    page = donor.give("once", "25", email="", card_message=words, plain="1")
    assert page.status_code == 200 and "#id_email" in errors(page)


@pytest.mark.parametrize(
    "email",
    ["", "ada", "ada@", "@b.example", "a b@c.example", "a@b.example\r\nBcc: x@y.example", "a" * 255 + "@b.example"],
)
def test_it_refuses_what_is_no_address(donor, email):
    page = donor.give("once", "25", email=email)
    assert page.status_code == 200 and "#id_email" in errors(page) and not Gift.objects.exists()


def test_it_says_so_when_stripe_does_not_take_an_address(donor):
    """Django and Stripe do not agree on every address: a domain without a dot is one of those."""
    page = donor.give("once", "25", email="ada@localhost")
    assert page.status_code == 200 and "#id_email" in errors(page)
    assert 'value="ada@localhost"' in page.content.decode()


def test_it_asks_for_a_frequency(donor):
    page = donor.send({**donor.wish("once", "25"), "frequency": ""})
    assert "#id_frequency" in errors(page) and not Gift.objects.exists()


def test_it_asks_for_an_amount(donor):
    page = donor.send({**donor.form(), "frequency": "monthly", "email": "a@donor.example"})
    assert "#id_amount_monthly" in errors(page) and not Gift.objects.exists()


def test_it_takes_a_form_that_was_filled_in_an_instant(donor):
    assert donor.give("once", "25", opened=antispam.stamp()).status_code == 303


def test_it_asks_a_robot_in_the_field_that_people_do_not_see_once_and_reproaches_nobody(donor):
    page = donor.give("once", "25", spare="https://spam.example")
    assert "once more" in errors(page) and not Gift.objects.exists()
    again = {**donor.wish("once", "25", spare="filled again"), **donor._hidden(page)}
    assert donor.send(again).status_code == 303


def test_it_doubts_nobody_who_comes_back_from_stripe_to_a_filled_form(donor):
    donor.give("once", "25")
    back = donor.client.get(f"/give/?back={Gift.objects.get().reference}")
    again = {**donor.wish("once", "25"), **donor._hidden(back), "spare": "filled by a manager"}
    assert donor.send(again).status_code == 303 and Gift.objects.count() == 1


@pytest.mark.parametrize("code", ["USD", "EUR"])
def test_it_hides_in_the_page_what_donors_of_other_tests_send_without_opening_it(donor, code):
    """In a new browser, in one that came back from Stripe's page half way, and in one that has given."""
    for act in (lambda: None, lambda: donor.give("once", "25", code), lambda: donor.gave("once", "25", code)):
        act()
        page, made = {"told": "", **donor.form(f"/give/?currency={code}")}, donor.opened(code)
        assert page.pop("csrfmiddlewaretoken") and {**page, "opened": ""} == {**made, "opened": ""}
        assert donor.form(f"/give/?currency={code}")["attempt"] == made["attempt"], "it is kept for the next tab"
    assert made["told"] == Gift.objects.paid().get().reference


def test_it_needs_the_token_of_its_own_form(donor):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/give/", donor.wish("once", "25")).status_code == 403


def test_it_keeps_what_was_typed_in_a_tab_that_lost_its_cookies_and_asks_for_one_more_press(donor):
    strict, origin = Client(enforce_csrf_checks=True), {"Origin": "http://testserver"}
    wish = {**donor.wish("once", "42", name="Kept Name"), "csrfmiddlewaretoken": "of-a-cookie-that-is-gone"}
    page = strict.post("/give/", wish, headers=origin)
    assert page.status_code == 403 and "Go on with what I typed" in page.content.decode()
    assert f"form-action 'self' {donor.till.sandbox.address}" in page["Content-Security-Policy"], "or Chromium stops it"
    held = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    assert {name: value for name, value in held.items() if name != "csrfmiddlewaretoken"}.items() <= wish.items()
    assert strict.post("/give/", held, headers=origin).status_code == 303
    assert (Gift.objects.get().amount, Gift.objects.get().name) == (4200, "Kept Name")


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/give/", "https://evil.example"), ("/give/", None), ("/accounts/login/", "http://testserver")],
)
def test_it_holds_no_form_from_elsewhere_and_none_that_acts_for_somebody(donor, path, origin):
    headers = {"Origin": origin} if origin else {}
    page = Client(enforce_csrf_checks=True).post(path, {"email": "planted@evil.example"}, headers=headers)
    assert page.status_code == 403 and "planted" not in page.content.decode()


def test_it_sends_the_referrer_to_itself_and_lets_the_form_lead_to_stripe_alone(donor, till):
    page = donor.client.get("/give/")
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    policy = page["Content-Security-Policy"]
    assert f"form-action 'self' {till.sandbox.address}" in policy
    assert till.sandbox.address not in donor.client.get("/give/thanks/")["Content-Security-Policy"]


def test_it_sets_its_cookie_out_of_reach_of_scripts(donor):
    cookies = [each for each in donor.give("once", "25").cookies.values() if each.key == "gift"]
    assert [each["path"] for each in cookies] == ["/give/", "/es/give/"]
    for cookie in cookies:
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        assert signing.loads(cookie.value, salt=browser_cookie.SALT) == {
            "form": Gift.objects.get().attempt,
            "gifts": [Gift.objects.get().reference],
            "link": "",
            "currency": "USD",
        }


def test_it_stops_a_robot_and_not_its_neighbour(donor, monkeypatch):
    monkeypatch.setitem(gifts.LIMITS, "address", (3, 3600))
    answers = [donor.give("once", str(25 + number), email=f"robot{number}@donor.example") for number in range(5)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429, 429]
    assert answers[-1]["Retry-After"] == "600" and 'value="robot4@donor.example"' in answers[-1].content.decode()
    assert Gift.objects.count() == 3
    donor.client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    assert donor.give("once", "25", email="honest@donor.example").status_code == 303


def test_it_stops_many_addresses_that_try_one_mailbox(donor, monkeypatch):
    monkeypatch.setitem(gifts.LIMITS, "email", (2, 3600))
    codes = []
    for number, email in enumerate(["a.d.a@gmail.com", "ada+1@gmail.com", "ADA@googlemail.com"]):
        donor.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        codes.append(donor.give("once", "25", email=email).status_code)
    assert codes == [303, 303, 429]


def test_it_changes_nothing_by_looking(donor, till):
    for query in ("", "?frequency=once&amount=25", "?back=AAAA-BBBB-CCCC"):
        donor.client.get(f"/give/{query}")
    assert not Gift.objects.exists() and till.events() == []


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_it_answers_other_methods_with_405(donor, method):
    assert getattr(donor.client, method)("/give/").status_code == 405
